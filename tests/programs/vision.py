"""Programs with pictures: digits, LeNet, a residual net, an autoencoder, adversaries."""

from __future__ import annotations

import numpy as np

from tests.programs.shared import images

STEPS = 50


def mlp(torch, start):
    """The digits by two linear layers, in shuffled batches, with momentum."""
    nn = torch.nn
    import learngrad

    pixels, labels = (t.numpy() for t in learngrad.data.digits())
    X = torch.tensor(pixels.reshape(len(pixels), -1).astype(start.dtype))
    y = torch.tensor(labels)
    model = start(torch, nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    order = np.random.default_rng(1).permutation(len(y))
    losses = []
    for step in range(STEPS):
        batch = torch.tensor(order[step * 32:(step + 1) * 32])
        optimizer.zero_grad()
        loss = criterion(model(X[batch]), y[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def lenet(torch, start):
    """LeCun's net of 1998, with ReLU, under Adam."""
    nn, F = torch.nn, torch.nn.functional

    class LeNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
            self.conv2 = nn.Conv2d(6, 16, 5)
            self.fc1 = nn.Linear(16 * 5 * 5, 120)
            self.fc2 = nn.Linear(120, 84)
            self.fc3 = nn.Linear(84, 10)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.conv1(x)), 2)
            x = F.max_pool2d(F.relu(self.conv2(x)), (2, 2))
            x = torch.flatten(x, 1)
            x = F.relu(self.fc1(x))
            return self.fc3(F.relu(self.fc2(x)))

    X, y = images(16 * STEPS, 28, start.dtype)
    model = start(torch, LeNet())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for step in range(STEPS):
        part = slice(step * 16, step * 16 + 16)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(torch.from_numpy(X[part])), torch.from_numpy(y[part]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def resnet(torch, start):
    """Residual blocks with batch normalisation, weight decay and a falling learning rate."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride=1):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.relu = nn.ReLU(inplace=True)
            self.shortcut = nn.Sequential()
            if stride != 1 or inputs != outputs:
                self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                              nn.BatchNorm2d(outputs))

        def forward(self, x):
            out = self.relu(self.bn1(self.conv1(x)))
            out = self.bn2(self.conv2(out))
            out += self.shortcut(x)
            return self.relu(out)

    model = start(torch, nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        Block(8, 8), Block(8, 16, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.3)
    X, y = images(32 * STEPS, 8, start.dtype)
    losses = []
    model.train()
    for step in range(STEPS):
        part = slice(step * 32, step * 32 + 32)
        loss = nn.functional.cross_entropy(model(torch.tensor(X[part])), torch.tensor(y[part]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    model.eval()  # the running values take part
    with torch.no_grad():
        losses.append(nn.functional.cross_entropy(model(torch.tensor(X[:64])),
                                                  torch.tensor(y[:64])).item())
    return losses


def vae(torch, start):
    """A variational autoencoder (Kingma and Welling 2014); its noise is given."""
    nn, F = torch.nn, torch.nn.functional

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(64, 32)
            self.fc21, self.fc22 = nn.Linear(32, 4), nn.Linear(32, 4)
            self.fc3, self.fc4 = nn.Linear(4, 32), nn.Linear(32, 64)

        def forward(self, x, eps):
            h = F.relu(self.fc1(x.view(-1, 64)))
            mu, logvar = self.fc21(h), self.fc22(h)
            z = mu + eps * torch.exp(0.5 * logvar)
            return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar

    draw = np.random.default_rng(2)
    X = 1 / (1 + np.exp(-images(16 * STEPS, 8, start.dtype)[0]))
    noise = draw.standard_normal((STEPS, 16, 4), start.dtype)
    model = start(torch, VAE())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for step in range(STEPS):
        x = torch.tensor(X[step * 16:(step + 1) * 16].astype(start.dtype))
        optimizer.zero_grad()
        recon, mu, logvar = model(x, torch.tensor(noise[step]))
        bce = F.binary_cross_entropy(recon, x.view(-1, 64), reduction="sum")
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        loss = bce + kld
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def gan(torch, start):
    """Two nets against each other (Goodfellow et al. 2014); the noise is given."""
    nn = torch.nn
    generator = start(torch, nn.Sequential(
        nn.Linear(8, 32), nn.BatchNorm1d(32), nn.LeakyReLU(0.2), nn.Linear(32, 64), nn.Tanh()))
    judge = start(torch, nn.Sequential(
        nn.Linear(64, 32), nn.LeakyReLU(0.2, inplace=True), nn.Linear(32, 1), nn.Sigmoid()))
    criterion = nn.BCELoss()
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(judge.parameters(), lr=2e-4, betas=(0.5, 0.999))
    draw = np.random.default_rng(3)
    X = np.tanh(images(16 * STEPS, 8, start.dtype)[0]).reshape(STEPS, 16, 64)
    noise = draw.standard_normal((STEPS, 16, 8), start.dtype)
    ones, zeros = torch.ones(16, 1), torch.zeros(16, 1)
    losses = []
    for step in range(STEPS):
        fake = generator(torch.tensor(noise[step]))
        d_optimizer.zero_grad()
        d_loss = (criterion(judge(torch.tensor(X[step])), ones)
                  + criterion(judge(fake.detach()), zeros))
        d_loss.backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        g_loss = criterion(judge(fake), ones)
        g_loss.backward()
        g_optimizer.step()
        losses += [d_loss.item(), g_loss.item()]
    return losses


PROGRAMS = [mlp, lenet, resnet, vae, gan]

"""Programs with sequences: recurrent nets, attention, transformers, word vectors, a policy."""

from __future__ import annotations

import math

import numpy as np

from tests.programs.shared import sequences

STEPS = 50
LETTERS = 11


def _char_rnn(torch, start, kind):
    nn = torch.nn

    class CharRNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(LETTERS, 8)
            self.rnn = getattr(nn, kind)(8, 24, num_layers=2, batch_first=True)
            self.head = nn.Linear(24, LETTERS)

        def forward(self, x, state=None):
            out, state = self.rnn(self.embed(x), state)
            return self.head(out), state

    model = start(torch, CharRNN())
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    text = sequences(8, STEPS * 10 + 1, LETTERS)
    losses, state = [], None
    for step in range(STEPS):  # the state goes on, the gradient does not: truncated in time
        part = torch.tensor(text[:, step * 10:step * 10 + 11])
        if state is not None:
            state = (tuple(s.detach() for s in state) if isinstance(state, tuple)
                     else state.detach())
        out, state = model(part[:, :-1], state)
        loss = nn.functional.cross_entropy(out.reshape(-1, LETTERS), part[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        losses.append(loss.item())
    return losses


def char_lstm(torch, start):
    """Two layers of LSTM that foretell letters."""
    return _char_rnn(torch, start, "LSTM")


def char_gru(torch, start):
    """The same with GRU."""
    return _char_rnn(torch, start, "GRU")


def bidirectional(torch, start):
    """Sequences of unequal length, packed, read from both ends, classified."""
    nn = torch.nn
    from_rnn = nn.utils.rnn

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(LETTERS + 1, 8, padding_idx=0)
            self.rnn = nn.LSTM(8, 12, batch_first=True, bidirectional=True)
            self.head = nn.Linear(24, 2)

        def forward(self, x, lengths):
            packed = from_rnn.pack_padded_sequence(self.embed(x), lengths, batch_first=True,
                                                   enforce_sorted=False)
            _, (h, _) = self.rnn(packed)
            return self.head(torch.cat([h[-2], h[-1]], dim=1))

    model = start(torch, Classifier())
    optimizer = torch.optim.RMSprop(model.parameters(), lr=3e-3)
    draw = np.random.default_rng(4)
    losses = []
    for _ in range(STEPS):
        lengths = draw.integers(2, 10, 8)
        rows = [torch.tensor(draw.integers(1, LETTERS + 1, n)) for n in lengths]
        target = torch.tensor([int(row[0] > row[-1]) for row in rows])
        x = from_rnn.pad_sequence(rows, batch_first=True)
        loss = nn.functional.cross_entropy(model(x, torch.tensor(lengths)), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def seq2seq(torch, start):
    """Turning a sequence round, with attention on what was read (Bahdanau et al. 2015)."""
    nn, F = torch.nn, torch.nn.functional

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(LETTERS, 12)
            self.gru = nn.GRU(12, 16)

        def forward(self, x):
            return self.gru(self.embedding(x))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(LETTERS, 12)
            self.cell = nn.GRUCell(12 + 16, 16)
            self.score = nn.Linear(16, 16, bias=False)
            self.out = nn.Linear(32, LETTERS)

        def forward(self, letter, hidden, read):
            scores = torch.bmm(read.transpose(0, 1), self.score(hidden).unsqueeze(2)).squeeze(2)
            weights = F.softmax(scores, dim=1)
            context = torch.bmm(weights.unsqueeze(1), read.permute(1, 0, 2))[:, 0]
            hidden = self.cell(torch.cat((self.embedding(letter), context), 1), hidden)
            return F.log_softmax(self.out(torch.cat((hidden, context), 1)), dim=1), hidden

    encoder, decoder = start(torch, Encoder()), start(torch, Decoder())
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=5e-3)
    criterion = nn.NLLLoss()
    losses = []
    for step in range(STEPS):
        x = torch.tensor(sequences(6, 6, LETTERS, seed=step).T.copy())
        target = x.flip(0)
        read, hidden = encoder(x)
        hidden, letter, loss = hidden[0], torch.zeros(6, dtype=torch.int64), 0
        for t in range(6):
            out, hidden = decoder(letter, hidden, read)
            loss = loss + criterion(out, target[t])
            letter = target[t]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item() / 6)
    return losses


def gpt(torch, start):
    """A small GPT-2: attention written out, tied weights, decay for some parameters alone."""
    nn, F = torch.nn, torch.nn.functional
    width, heads, length = 16, 4, 12

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.c_attn = nn.Linear(width, 3 * width)
            self.c_proj = nn.Linear(width, width)
            self.register_buffer("bias", torch.tril(torch.ones(length, length)).view(
                1, 1, length, length))

        def forward(self, x):
            B, T, C = x.size()
            q, k, v = (part.view(B, T, heads, C // heads).transpose(1, 2)
                       for part in self.c_attn(x).split(width, dim=2))
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
            y = F.softmax(att, dim=-1) @ v
            return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1, self.attn = nn.LayerNorm(width), Attention()
            self.ln_2 = nn.LayerNorm(width)
            self.mlp = nn.ModuleDict({
                "c_fc": nn.Linear(width, 4 * width), "act": nn.GELU(),
                "c_proj": nn.Linear(4 * width, width), "dropout": nn.Dropout(0.0)})

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            m = self.mlp
            return x + m.dropout(m.c_proj(m.act(m.c_fc(self.ln_2(x)))))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe = nn.Embedding(LETTERS, width), nn.Embedding(length, width)
            self.h = nn.ModuleList([Block() for _ in range(2)])
            self.ln_f = nn.LayerNorm(width)
            self.lm_head = nn.Linear(width, LETTERS, bias=False)
            self.wte.weight = self.lm_head.weight

        def forward(self, idx, targets):
            x = self.wte(idx) + self.wpe(torch.arange(0, idx.size(1), dtype=torch.long))
            for block in self.h:
                x = block(x)
            logits = self.lm_head(self.ln_f(x))
            return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1),
                                   ignore_index=-1)

    model = start(torch, GPT())
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW([
        {"params": [p for p in named.values() if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in named.values() if p.dim() < 2], "weight_decay": 0.0},
    ], lr=3e-3, betas=(0.9, 0.95))
    text = sequences(8, STEPS * length + 1, LETTERS)
    losses = []
    for step in range(STEPS):
        part = torch.tensor(text[:, step * length:(step + 1) * length + 1])
        loss = model(part[:, :-1].contiguous(), part[:, 1:].contiguous())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def transformer(torch, start):
    """An encoder from the library's layers, with padding that nobody looks at."""
    nn = torch.nn

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(LETTERS, 16)
            layer = nn.TransformerEncoderLayer(16, 4, dim_feedforward=32, dropout=0.0,
                                               batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
            self.head = nn.Linear(16, 3)

        def forward(self, x, padding):
            out = self.encoder(self.embed(x), src_key_padding_mask=padding)
            seen = (~padding).unsqueeze(-1).float()
            return self.head((out * seen).sum(1) / seen.sum(1))

    model = start(torch, Encoder())
    optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=STEPS + 1)
    draw = np.random.default_rng(5)
    losses = []
    for _ in range(STEPS):
        x = draw.integers(0, LETTERS, (8, 9))
        lengths = draw.integers(3, 10, 8)
        padding = np.arange(9) >= lengths[:, None]
        target = np.where(padding, 0, x).sum(1) % 3
        loss = nn.functional.cross_entropy(model(torch.tensor(x), torch.tensor(padding)),
                                           torch.tensor(target), label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


def word_vectors(torch, start):
    """Skip-gram with negative samples (Mikolov et al. 2013)."""
    nn, F = torch.nn, torch.nn.functional
    centre, around = start(torch, nn.Embedding(40, 10)), start(torch, nn.Embedding(40, 10))
    optimizer = torch.optim.Adagrad([*centre.parameters(), *around.parameters()], lr=0.1)
    draw = np.random.default_rng(6)
    losses = []
    for _ in range(STEPS):
        word = draw.integers(0, 40, 32)
        near, far = (word + draw.integers(1, 3, 32)) % 40, draw.integers(0, 40, (32, 5))
        v = centre(torch.tensor(word)).unsqueeze(2)
        right = torch.bmm(around(torch.tensor(near)).unsqueeze(1), v).squeeze()
        wrong = torch.bmm(around(torch.tensor(far)).neg(), v).squeeze(2)
        loss = -(F.logsigmoid(right) + F.logsigmoid(wrong).sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def policy(torch, start):
    """REINFORCE (Williams 1992) on a pole that falls; the draws that choose actions are given."""
    nn, F = torch.nn, torch.nn.functional

    class Policy(nn.Module):
        def __init__(self):
            super().__init__()
            self.affine1, self.affine2 = nn.Linear(2, 16), nn.Linear(16, 2)

        def forward(self, x):
            return F.softmax(self.affine2(F.relu(self.affine1(x))), dim=1)

    model = start(torch, Policy())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    draw = np.random.default_rng(7)
    losses = []
    for _ in range(STEPS):
        angle, speed, log_probs, rewards = float(draw.normal() * 0.1), 0.0, [], []
        for u in draw.random(20):
            state = torch.tensor([angle, speed], dtype=torch.get_default_dtype()).unsqueeze(0)
            probs = model(state)
            m = torch.distributions.Categorical(probs)
            action = torch.tensor([int(u > probs[0, 0].item())])
            log_probs.append(m.log_prob(action))
            speed += 0.2 * angle + (0.05 if action.item() else -0.05)
            angle += speed
            rewards.append(1.0 - abs(angle))
            if abs(angle) > 1:
                break
        R, returns = 0.0, []
        for r in rewards[::-1]:
            R = r + 0.99 * R
            returns.insert(0, R)
        returns = torch.tensor(returns)
        returns = (returns - returns.mean()) / (returns.std() + 1e-3)
        optimizer.zero_grad()
        loss = torch.cat([-p * R for p, R in zip(log_probs, returns)]).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


PROGRAMS = [char_lstm, char_gru, bidirectional, seq2seq, gpt, transformer, word_vectors, policy]

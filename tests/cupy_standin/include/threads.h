// CUDA C on the host: each thread of a block is a fiber, and runs until it has to wait for others.
//
// What a kernel gets wrong between threads shows here: a barrier that not all of them come to is an
// error, and so is a word of a warp that not all 32 hear. Blocks run one after another; threads from
// the first to the last or, where asked, from the last to the first, which makes a difference only
// if a barrier is missing.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <ucontext.h>
#include <utility>
#include <vector>

using std::exp;
using std::log;
using std::sqrt;
using std::tanh;

#define __global__
#define __device__ static inline
#define __shared__ static
#define __restrict__

struct dim3 {
    unsigned x, y, z;
};
static dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace host {
struct Group {  // those who wait for each other
    int size = 0, waiting = 0;
    long long turn = 0;
};
struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    dim3 index;
    bool done;
};
static std::vector<Fiber> fibers;
static std::vector<Group> warps;
static std::vector<char> words;  // 8 bytes a thread, for what a warp's threads tell each other
static Group block;
static ucontext_t outside;
static int current;
static bool moved;

static void wait(Group& group) {
    const long long turn = group.turn;
    moved = true;
    if (++group.waiting == group.size) {
        group.waiting = 0;
        group.turn++;
    }
    while (group.turn == turn) swapcontext(&fibers[current].context, &outside);
}

template <class S>
static S heard(unsigned mask, S said, int from) {
    static_assert(sizeof(S) <= 8, "a word of a warp has up to 8 bytes");
    const int warp = current / 32;
    std::memcpy(&words[8 * current], &said, sizeof(S));
    wait(warps[warp]);
    S word;
    std::memcpy(&word, &words[8 * (warp * 32 + from)], sizeof(S));
    wait(warps[warp]);
    return word;
}

template <class... A>
struct Call {
    void (*kernel)(A...);
    std::tuple<A...> values;
};
static void* call;

template <class... A>
static void body() {
    auto& made = *static_cast<Call<A...>*>(call);
    std::apply(made.kernel, made.values);
    fibers[current].done = true;
    moved = true;
    while (true) swapcontext(&fibers[current].context, &outside);
}

template <class... A, std::size_t... I>
static std::tuple<A...> unpacked(void** arguments, std::index_sequence<I...>) {
    return std::tuple<A...>(*static_cast<A*>(arguments[I])...);
}

// 0, or 1 where threads wait for what never comes, or 2 for a block that no GPU can run.
template <class... A>
static int run(void (*kernel)(A...), void** arguments, const unsigned* grid, const unsigned* threads,
               bool backwards) {
    Call<A...> made{kernel, unpacked<A...>(arguments, std::index_sequence_for<A...>())};
    call = &made;
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {threads[0], threads[1], threads[2]};
    const int count = threads[0] * threads[1] * threads[2];
    if (count < 1 || count > 1024 || threads[2] > 64) return 2;
    if (grid[0] < 1 || grid[1] < 1 || grid[2] < 1 || grid[1] > 65535 || grid[2] > 65535) return 2;
    if ((int)fibers.size() < count) fibers.resize(count);
    words.assign(8 * (count + 31), 0);
    for (unsigned z = 0; z < grid[2]; z++)
        for (unsigned y = 0; y < grid[1]; y++)
            for (unsigned x = 0; x < grid[0]; x++) {
                blockIdx = {x, y, z};
                block = Group{count};
                warps.assign((count + 31) / 32, Group{32});
                if (count % 32) warps.back().size = count % 32;
                for (int k = 0; k < count; k++) {
                    Fiber& fiber = fibers[k];
                    fiber.stack.resize(1 << 15);
                    fiber.done = false;
                    fiber.index = {k % threads[0], k / threads[0] % threads[1],
                                   k / threads[0] / threads[1]};
                    getcontext(&fiber.context);
                    fiber.context.uc_stack.ss_sp = fiber.stack.data();
                    fiber.context.uc_stack.ss_size = fiber.stack.size();
                    makecontext(&fiber.context, body<A...>, 0);
                }
                int left = count;
                while (left) {
                    moved = false;
                    for (int turn = 0; turn < count; turn++) {
                        current = backwards ? count - 1 - turn : turn;
                        if (fibers[current].done) continue;
                        threadIdx = fibers[current].index;
                        swapcontext(&outside, &fibers[current].context);
                        if (fibers[current].done) left--;
                    }
                    if (left && !moved) return 1;
                }
            }
    return 0;
}

// What a kernel takes: p for a pointer, else the type and the bytes of a number.
template <class A>
static void letter(char*& at) {
    if (std::is_pointer<A>::value) {
        *at++ = 'p';
    } else {
        *at++ = std::is_same<A, bool>::value ? 'b' : std::is_floating_point<A>::value ? 'f' : 'i';
        *at++ = '0' + sizeof(A);
    }
    *at++ = ' ';
}
template <class... A>
static const char* takes(void (*)(A...)) {
    static char text[3 * sizeof...(A) + 1];
    char* at = text;
    (letter<std::remove_cv_t<A>>(at), ...);
    *at = 0;
    return text;
}
}  // namespace host

#define __syncthreads() host::wait(host::block)
#define __syncwarp(...) host::wait(host::warps[host::current / 32])
#define __shfl_xor_sync(mask, value, other) \
    host::heard(mask, value, (host::current % 32) ^ (other))
#define __shfl_down_sync(mask, value, other) \
    host::heard(mask, value, (host::current % 32) + (other) > 31 ? host::current % 32 \
                                                                 : (host::current % 32) + (other))
#define __shfl_sync(mask, value, other) host::heard(mask, value, (other) % 32)

"""One operation in PyTorch eager, forwards and backwards: the gradient of sum(y * dy) for each input. Float32."""
import json
import sys
import time

import torch
import torch.nn.functional as F

from serve import serve

s = json.loads(sys.argv[1])
torch.set_num_threads(s["threads"])
torch.manual_seed(0)


def random(*sizes):
    return (torch.rand(sizes) * 4 - 2).requires_grad_()


def rotary(B, T, H, D):
    frequencies = 10000.0 ** -(torch.arange(0, D, 2) / D)
    angles = torch.outer(torch.arange(T).float(), frequencies)
    angles = torch.cat([angles, angles], -1)[None, :, None]
    cos, sin = angles.cos(), angles.sin()

    def turn(x):  # as Transformers writes it
        first, second = x.chunk(2, -1)
        return x * cos + torch.cat([-second, first], -1) * sin

    return [random(B, T, H, D)], turn


def attention(B, T, S, H, K, D):
    def attend(q, k, v):
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1, enable_gqa=H != K)
        return out.transpose(1, 2)

    return [random(B, T, H, D), random(B, S, K, D), random(B, S, K, D)], attend


def cross_entropy(rows, V):
    labels = torch.randint(0, V, (rows,))
    return [random(rows, V)], lambda x: F.cross_entropy(x, labels)


def recurrent(Layer, B, T, H):
    layer = Layer(H, H, batch_first=True)
    x = torch.randn(B, T, H)
    return list(layer.parameters()), lambda *_: layer(x)[0]


def conv2d(B, H, C, N):
    image = torch.rand(B, C, H, H).contiguous(memory_format=torch.channels_last).requires_grad_()
    weights = torch.rand(N, C, 3, 3).contiguous(memory_format=torch.channels_last).requires_grad_()
    return [image, weights], lambda x, w: F.conv2d(x, w, padding=1)


OPERATIONS = {
    "lstm": lambda **sizes: recurrent(torch.nn.LSTM, **sizes),
    "gru": lambda **sizes: recurrent(torch.nn.GRU, **sizes),
    "rnn": lambda **sizes: recurrent(torch.nn.RNN, **sizes),
    "conv2d": conv2d,
    "layerNorm": lambda rows, C: ([random(rows, C), random(C), random(C)], lambda x, w, b: F.layer_norm(x, (C,), w, b)),
    "rmsNorm": lambda rows, C: ([random(rows, C), random(C)], lambda x, w: F.rms_norm(x, (C,), w)),
    "gelu": lambda rows, C, approximate: ([random(rows, C)], lambda x: F.gelu(x, approximate=approximate)),
    "swiglu": lambda rows, C: ([random(rows, C), random(rows, C)], lambda gate, up: F.silu(gate) * up),
    "rotary": rotary,
    "crossEntropy": cross_entropy,
    "attention": attention,
}

forward_only = s.get("isForwardOnly", False)
sizes = {key: s[key] for key in ("rows", "C", "V", "approximate", "B", "T", "S", "H", "K", "D", "N") if key in s}
inputs, run = OPERATIONS[s["op"]](**sizes)
dy = torch.rand(run(*inputs).shape) * 4 - 2


def once():
    if forward_only:
        with torch.no_grad():
            run(*inputs)
    else:
        torch.autograd.grad((run(*inputs) * dy).sum(), inputs)


def unit():
    start = time.perf_counter()
    for _ in range(s["repeats"]):
        once()
    return (time.perf_counter() - start) / s["repeats"]


unit()
serve(unit)

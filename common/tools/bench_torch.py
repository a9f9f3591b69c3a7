"""One training step of the same GPT in PyTorch: bench_torch.py LAYERS HEADS CHANNELS BATCH TIME VOCAB

Prints milliseconds (median) and the most memory held, in MB. Attention is
written out, as the PyTorch of Debian 12 (1.13) has no fused one for training.
"""
import math
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

layers, heads, channels, batch, length, vocab = map(int, sys.argv[1:7])
context = 1024 if length < 1024 and vocab > 10000 else length


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.up, self.down = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.register_buffer("mask", torch.tril(torch.ones(length, length)).view(1, 1, length, length) == 0)

    def attend(self, x):
        q, k, v = (t.view(batch, length, heads, -1).transpose(1, 2) for t in self.qkv(x).split(channels, 2))
        score = (q @ k.transpose(2, 3)) / math.sqrt(channels // heads)
        weight = F.softmax(score.masked_fill(self.mask, -math.inf), dim=-1)
        return self.out((weight @ v).transpose(1, 2).reshape(batch, length, channels))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, channels), nn.Embedding(context, channels)
        self.blocks = nn.Sequential(*[Block() for _ in range(layers)])
        self.norm = nn.LayerNorm(channels)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions(torch.arange(length))
        logits = F.linear(self.norm(self.blocks(x)), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, vocab), targets.view(-1))


torch.manual_seed(1)
model = Gpt()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.99), weight_decay=0.1)


def step():
    ids, targets = torch.randint(vocab, (2, batch, length))
    begin = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    model(ids, targets).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return time.perf_counter() - begin


start = time.perf_counter()
for _ in range(2):
    step()
took = []
while len(took) < 2 or (time.perf_counter() - start < 6 and len(took) < 200):
    took.append(step())
took.sort()
print(f"{1000 * took[len(took) // 2]:.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")

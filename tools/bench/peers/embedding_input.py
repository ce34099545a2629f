"""The same token ids for every contestant, and the pooling of sentence-transformers."""
import torch


def token_ids(batch, time):
    return torch.tensor([[1000 + ((b * time + i) * 7919) % 20000 for i in range(time)] for b in range(batch)])


def pooled(hidden, mask):
    kept = mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * kept).sum(1) / kept.sum(1)
    return torch.nn.functional.normalize(mean, dim=-1)

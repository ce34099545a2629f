"""torch_embedding.py in bfloat16."""
import torch
from torch_embedding import main

main(torch.bfloat16)

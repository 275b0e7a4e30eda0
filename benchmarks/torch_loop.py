"""The post's final training as a PyTorch user would write it: a reference for the sweep."""

from itertools import pairwise

import torch
from torch import nn

from mlp_core.data.dataset import dataset
from mlp_core.settings import Settings


def _network(settings: Settings) -> nn.Sequential:
    sizes = (settings.num_features, *settings.hidden)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.LayerNorm(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 1))


def train(settings: Settings) -> float:
    """Returns the final validation loss.

    It differs from the post's loss, because PyTorch draws the random numbers.
    """
    torch.manual_seed(settings.seed)
    x_train, y_train, x_val, y_val = (torch.tensor(array) for array in dataset(settings))
    network = _network(settings)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    start = settings.num_train
    for _ in range(settings.steps):
        if start >= settings.num_train:
            order, start = torch.randperm(settings.num_train), 0
        rows = order[start : start + settings.batch_size]
        start += settings.batch_size
        optimizer.zero_grad()
        nn.functional.mse_loss(network(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        return nn.functional.mse_loss(network(x_val), y_val).item()

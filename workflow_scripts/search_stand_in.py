"""Search the largest SubTransformer within a latency budget: its size stands in for the validation loss."""

from __future__ import annotations

import argparse

import torch
from hat.search.stand_in import stand_in_loss
from hat_workflow import command
from hat_workflow.arguments import identity, searching


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    history = searching.search(args, searching.predictor(args), stand_in_loss)
    searching.write_tables(args, history, identity.of(args))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    searching.add_predictor_argument(p)
    searching.add_arguments(p)
    searching.add_table_arguments(p)
    return p


if __name__ == "__main__":
    command.run(parser(), main)

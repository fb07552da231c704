"""Search the SubTransformer with the lowest validation loss, by inherited weights, within a latency budget."""

from __future__ import annotations

import argparse

from hat_workflow import command
from hat_workflow.arguments import identity, inheriting, searching


def main(args: argparse.Namespace) -> None:
    with inheriting.remembered_loss(args) as loss:
        history = searching.search(args, searching.predictor(args), loss, asked=lambda: loss.asked)
    searching.write_tables(args, history, identity.of(args))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    inheriting.add_arguments(p)
    searching.add_predictor_argument(p)
    searching.add_arguments(p)
    searching.add_table_arguments(p)
    return p


if __name__ == "__main__":
    command.run(parser(), main)

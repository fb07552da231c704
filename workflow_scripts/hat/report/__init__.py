"""One page that shows what an experiment found, to be read and sent."""

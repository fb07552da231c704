"""What the paper and its authors' release print, as data files beside this module; columns are called as ours are."""

from pathlib import Path

FOLDER = Path(__file__).parent
STRUBELL_NAS_LB = 626_155
"""CO2e of the Evolved Transformer's search as Strubell et al. (2019, Table 3) print it; Table 2 rounds it."""

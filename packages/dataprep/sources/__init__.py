"""Where photos come from; every source fills the same photo folder."""

"""How many perceptrons are trained as one batched program, and how often they are saved meanwhile."""

# Measured: smaller groups pay for overhead, larger ones fall out of the cache.
LARGEST_GROUP = 25
SAVE_SECONDS = 20.0


def group_count(networks: int) -> int:
    """Groups of at most LARGEST_GROUP networks, at least two where there are two networks."""
    return min(networks, max(2, -(-networks // LARGEST_GROUP)))

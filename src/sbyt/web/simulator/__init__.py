"""Pages of a demonstration: what customers hold in their hands, and the live board beside it."""

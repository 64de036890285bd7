"""sbyt: meter readings from households through every channel they have, billed right, told truly."""

"""The bill on paper: two sides, both QR codes; fixed when it is first issued."""

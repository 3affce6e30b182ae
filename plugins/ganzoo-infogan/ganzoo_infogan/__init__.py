"""InfoGAN: codes that samples tell, and how much they tell of them."""

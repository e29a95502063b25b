"""Sites as a visitor gets them."""

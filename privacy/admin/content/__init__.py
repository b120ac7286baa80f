"""What people wrote, made and left while they used the studio, masked until it is revealed for a reason."""

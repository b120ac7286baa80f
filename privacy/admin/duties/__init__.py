"""What is in force about people: holds and child flags."""

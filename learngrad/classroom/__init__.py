"""What a class needs around the lessons: pictures to look at, and the tool that builds them."""

const mostFiles = 5;

"""What `make bench` prints: the budgets of this project, each as a ratio measured in one run on this machine."""

"""The one door: what a shell can ask of Upshelf, one file a command. They ask other packages, and do nothing else."""

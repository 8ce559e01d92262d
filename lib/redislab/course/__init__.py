"""What makes a course of the experiments: guesses now; exercises, claims and progress stand on the same floor."""

from redislab.course.predict import Guess, predict

__all__ = ["Guess", "predict"]

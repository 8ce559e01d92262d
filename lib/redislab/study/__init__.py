"""What makes a course of experiments: guesses, exercises with their checks, quizzes, claims, progress. It knows no lesson."""

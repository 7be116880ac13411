-- MLflow keeps about fifty tables. A database of their own keeps them out of the learner's, on the same server.
CREATE DATABASE mlflow;

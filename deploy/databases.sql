-- Beside the operational store: MLflow and Dagster keep their versions in a table of one name, so each has its own.
CREATE DATABASE mlflow;
CREATE DATABASE dagster;

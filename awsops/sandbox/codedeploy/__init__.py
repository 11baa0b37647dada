"""CodeDeploy for Lambda: applications, groups, and deployments that shift an alias over time."""

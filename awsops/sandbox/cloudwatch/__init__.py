"""CloudWatch, strictly: metrics, metric math, alarms that evaluate, composite alarms."""

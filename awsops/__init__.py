"""awsops: the operations tool for engineers on call on AWS."""

__version__ = "0.1.0"

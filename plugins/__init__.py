"""The commands that ship with awsops, one module or package a noun."""

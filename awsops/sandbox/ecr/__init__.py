"""ECR and ECR Public, strict: repositories, images with true digests, tokens, and `/v2/` itself."""

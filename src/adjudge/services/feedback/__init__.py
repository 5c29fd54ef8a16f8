"""What end users did, turned into tasks."""

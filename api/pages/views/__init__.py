"""The pages, a file for each subject: every view asks resources of REST and renders what they answer."""

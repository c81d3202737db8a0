/** The ARN of a role that can be taken on, in any part of AWS ("IAM identifiers", IAM User Guide). */
export const roleArnPattern = /^arn:aws(-cn|-us-gov)?:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/

"""What tests do to a bucket with a client that nobody here wrote.

    bucket.py ENDPOINT CA BUCKET create
    bucket.py ENDPOINT CA BUCKET keys
    bucket.py ENDPOINT CA BUCKET get KEY FILE
    bucket.py ENDPOINT CA BUCKET put KEY FILE
    bucket.py ENDPOINT CA BUCKET remove KEY
    bucket.py ENDPOINT CA BUCKET download DIR
"""

import os
import sys

import boto3
import botocore.config


def main(endpoint, ca, bucket, command, *rest):
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="tester",
        aws_secret_access_key="tester",
        verify=ca,
        config=botocore.config.Config(s3={"addressing_style": "path"}, proxies={}),
    )

    def keys():
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    if command == "create":
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    elif command == "keys":
        print("\n".join(keys()))
    elif command == "get":
        client.download_file(bucket, *rest)
    elif command == "put":
        client.upload_file(rest[1], bucket, rest[0])
    elif command == "remove":
        client.delete_object(Bucket=bucket, Key=rest[0])
    elif command == "download":
        for key in keys():
            path = os.path.join(rest[0], key)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            client.download_file(bucket, key, path)
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])

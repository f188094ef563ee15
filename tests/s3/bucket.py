"""What tests do to a bucket with a client that nobody here wrote.

    bucket.py ENDPOINT CA BUCKET create
    bucket.py ENDPOINT CA BUCKET keys
    bucket.py ENDPOINT CA BUCKET get KEY FILE
    bucket.py ENDPOINT CA BUCKET put KEY FILE
    bucket.py ENDPOINT CA BUCKET remove KEY
    bucket.py ENDPOINT CA BUCKET download DIR
    bucket.py ENDPOINT CA - guard           makes users, and has each later request's signature checked

`guard` prints a line `USER ACCESS-KEY SECRET-KEY` each: `node` may write, `monitor` may only read, `tester` may do
anything. Who asks is in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

import json
import os
import ssl
import sys
import urllib.request

import boto3
import botocore.config

READ = ["s3:GetObject", "s3:ListBucket"]
USERS = {"node": [*READ, "s3:PutObject"], "monitor": READ, "tester": ["s3:*"]}


def guard(endpoint, ca, iam):
    for user, actions in USERS.items():
        iam.create_user(UserName=user)
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
        }
        iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        print(user, key["AccessKeyId"], key["SecretAccessKey"])
    plain = {"Content-Type": "text/plain"}  # a form would not be read
    request = urllib.request.Request(f"{endpoint}/moto-api/reset-auth", data=b"0", headers=plain)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)),
    )
    opener.open(request).read()


def main(endpoint, ca, bucket, command, *rest):
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "nobody")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "nobody")
    common = {"endpoint_url": endpoint, "region_name": "eu-central-1", "verify": ca}
    path_style = botocore.config.Config(s3={"addressing_style": "path"}, proxies={})
    client = boto3.client("s3", **common, config=path_style)

    def keys():
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    if command == "create":
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    elif command == "guard":
        guard(endpoint, ca, boto3.client("iam", **common, config=path_style))
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

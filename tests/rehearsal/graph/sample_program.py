"""A small Pulumi program that uses what the recorder has to keep: the tests run it, they do not import it."""

import pulumi
import pulumi_aws as aws


class Web(pulumi.ComponentResource):
    def __init__(self, name: str, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sample:components:Web", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc("sample-vpc", cidr_block="10.0.0.0/16", opts=child)
        self.subnet = aws.ec2.Subnet("sample-subnet", vpc_id=self.vpc.id, cidr_block="10.0.1.0/24", opts=child)
        self.register_outputs({"vpcId": self.vpc.id})


config = pulumi.Config()
web = Web("sample-web")
bucket = aws.s3.Bucket(
    "sample-bucket",
    opts=pulumi.ResourceOptions(
        protect=True,
        depends_on=[web.subnet],
        ignore_changes=["tags"],
        aliases=[pulumi.Alias(name="old-bucket")],
    ),
)
aws.s3.BucketObjectv2(
    "sample-object",
    bucket=bucket.bucket,
    key="hello",
    source=pulumi.StringAsset("hello, host"),
    force_destroy=True,
)
aws.ssm.Parameter("sample-parameter", type="String", value=pulumi.Output.secret("never-shown"))
aws.sns.Topic("sample-unknown", display_name=bucket.hosted_zone_id, tags={"Bucket": bucket.arn})
zones = aws.get_availability_zones(state="available")
pulumi.log.warn("mind the gap")
pulumi.export("zones", zones.names)
pulumi.export("who", config.require_object("serving")["maxModelLen"])
pulumi.export("token", config.get_secret("token"))

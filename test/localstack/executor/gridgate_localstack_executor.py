"""Runs LocalStack's functions on a host that is reached by HTTP, so that no docker is needed.

LocalStack's Lambda stays as it is (CreateFunction, asynchronous events, queue mappings, Step Functions); only "run this
version of a function" goes to the host, by the Invoke call of Lambda's own API. Each function's environment names it:

    GRIDGATE_LAMBDA_HOST               address of the host
    GRIDGATE_LAMBDA_HOST_KEY_ID        key that the call is signed with
    GRIDGATE_LAMBDA_HOST_KEY
"""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

# How long the host may take to accept a connection.
CONNECT_SECONDS_MAX = 2
# The host ends a function in time by itself; this is for a host that hangs.
PATIENCE_SECONDS = 5


class HostExecutor(RuntimeExecutor):
    """One environment of one version of a function: nothing to start but a client."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self.host = ""
        self.client = None

    def start(self, env_vars: dict[str, str]) -> None:
        seconds = self.function_version.config.timeout + PATIENCE_SECONDS
        self.host = env_vars["GRIDGATE_LAMBDA_HOST"]
        self.client = boto3.client(
            "lambda",
            endpoint_url=self.host,
            region_name=env_vars["AWS_REGION"],
            aws_access_key_id=env_vars["GRIDGATE_LAMBDA_HOST_KEY_ID"],
            aws_secret_access_key=env_vars["GRIDGATE_LAMBDA_HOST_KEY"],
            config=Config(
                connect_timeout=CONNECT_SECONDS_MAX,
                read_timeout=seconds,
                retries={"total_max_attempts": 1},
                proxies={},
            ),
        )

    def stop(self) -> None:
        if self.client is not None:
            self.client.close()

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return self.host

    def get_logs(self) -> str:
        return ""

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        version = self.function_version
        try:
            reply = self.client.invoke(
                FunctionName=version.id.function_name, Payload=payload["payload"].encode()
            )
            answer, is_error = reply["Payload"].read(), "FunctionError" in reply
        except (BotoCoreError, ClientError) as error:
            answer, is_error = failure(error), True
        return InvocationResult(
            request_id=payload["invoke-id"],
            payload=answer,
            is_error=is_error,
            logs="",
            executed_version=version.id.qualifier,
        )

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        pass

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass


def failure(error: Exception) -> bytes:
    return json.dumps({"errorType": "Runtime.HostFailed", "errorMessage": str(error)}).encode()


class HostExecutorPlugin(RuntimeExecutorPlugin):
    name = "gridgate"

    def load(self, *args, **kwargs):
        return HostExecutor

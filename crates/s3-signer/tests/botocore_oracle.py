"""Signs requests with botocore, one a line: JSON on standard input, JSON on standard output.

A request: kind, method, target, headers (pairs; only those that S3 wants signed), has_body,
access_key_id, secret_access_key, token, region, service, is_aws_chunked, now, auth_path, lifetime; for v4-query `presigned`
too, the target with all arguments but the signature. The answer: the headers or the arguments that
botocore adds.
"""

import datetime
import json
import sys
import types
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Clock:
    """The clock that botocore reads, standing still."""

    now = 0

    @classmethod
    def time(cls):
        return cls.now

    @classmethod
    def utcnow(cls, *_):
        epoch = datetime.datetime(1970, 1, 1)
        return epoch + datetime.timedelta(seconds=cls.now)


auth.time = types.SimpleNamespace(time=Clock.time)
auth.datetime = types.SimpleNamespace(
    datetime=types.SimpleNamespace(utcnow=Clock.utcnow)
)
# The name under which later versions read it.
auth.get_current_datetime = Clock.utcnow


class HmacV1AmzDateAuth(auth.HmacV1Auth):
    """Signature V2 with `x-amz-date`.

    botocore always sends and signs a `Date` header. S3's rule where `x-amz-date` is sent: it is
    signed among the headers, and the line of the date is empty ("Time stamp requirement").
    """

    def _get_date(self):
        return ''


ADDED = (
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-Expires',
    'X-Amz-SignedHeaders',
    'X-Amz-Security-Token',
    'X-Amz-Signature',
)


def aws_request(case, target):
    request = AWSRequest(
        method=case['method'],
        # The authority does not count: `Host` is among the headers.
        url='https://authority.invalid' + target,
        auth_path=case['auth_path'],
    )
    for name, value in case['headers']:
        request.headers[name] = value
    request.context['client_config'] = types.SimpleNamespace(
        s3={'payload_signing_enabled': not case['has_body']}
    )
    if case['is_aws_chunked']:
        # As botocore announces its body.
        request.context['checksum'] = {'request_algorithm': {'in': 'trailer'}}
    return request


def arguments(request):
    return parse_qsl(urlsplit(request.url).query, keep_blank_values=True)


def v4_headers(case, credentials):
    request = aws_request(case, case['target'])
    auth.S3SigV4Auth(credentials, case['service'], case['region']).add_auth(request)
    names = ['x-amz-content-sha256', 'x-amz-date', 'authorization']
    if credentials.token:
        names.append('x-amz-security-token')
    return {name: request.headers[name] for name in names}


def v4_query(case, credentials):
    def signer():
        return auth.S3SigV4QueryAuth(
            credentials, case['service'], case['region'], expires=case['lifetime']
        )

    # botocore puts arguments into a dict before it signs, and loses all but the first of one name;
    # so for those the canonical request is made of the target as it was sent.
    request = aws_request(case, case['presigned'])
    request.context['timestamp'] = Clock.utcnow().strftime(auth.SIGV4_TIMESTAMP)
    canonical_request = signer().canonical_request(request)
    string_to_sign = signer().string_to_sign(request, canonical_request)
    signature = signer().signature(string_to_sign, request)

    request = aws_request(case, case['target'])
    names = [name for name, _ in arguments(request)]
    signer().add_auth(request)
    added = {
        name: value
        for name, value in arguments(request)
        if name in ADDED and name not in names
    }
    if len(names) == len(set(names)):
        assert added['X-Amz-Signature'] == signature, 'botocore with itself'
    added['X-Amz-Signature'] = signature
    return added


def v2_headers(case, credentials):
    date = formatdate(Clock.now, usegmt=True)
    case['headers'].append(['x-amz-date', date])
    request = aws_request(case, case['target'])
    HmacV1AmzDateAuth(credentials).add_auth(request)
    names = ['x-amz-date', 'authorization']
    if credentials.token:
        names.append('x-amz-security-token')
    return {name: request.headers[name] for name in names}


def v2_query(case, credentials):
    request = aws_request(case, case['target'])
    signer = auth.HmacV1QueryAuth(credentials, expires=case['lifetime'])
    signer.add_auth(request)
    names = ['AWSAccessKeyId', 'Expires', 'Signature']
    if credentials.token:
        names.append('x-amz-security-token')
    return {name: dict(arguments(request))[name] for name in names}


KINDS = {
    'v4-headers': v4_headers,
    'v4-query': v4_query,
    'v2-headers': v2_headers,
    'v2-query': v2_query,
}


def main():
    for line in sys.stdin.buffer:
        case = json.loads(line)
        Clock.now = case['now']
        credentials = Credentials(
            case['access_key_id'], case['secret_access_key'], case['token']
        )
        answer = KINDS[case['kind']](case, credentials)
        print(json.dumps(answer), flush=True)


main()

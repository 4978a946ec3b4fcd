# What clients do with S3, with each kind of signature: a server of nginx for
# each kind, chosen by the client's Host.

use strict;
use warnings;

use lib 't/lib';
use Digest::MD5 qw(md5_base64 md5_hex);
use NginxTest 'no_plan';

our @Kinds = qw(v4-headers v4-query v2-headers v2-query);

our $Servers = join '', map {
    my $region  = /v4/      ? 's3_region us-east-1;' : '';
    my $headers = /headers/ ? 'on'                   : 'off';
    <<"END";
server {
    listen 127.0.0.1:\$TEST_NGINX_SERVER_PORT;
    server_name $_;
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    s3_methods any;
    $region
    s3_use_headers $headers;
    location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT; }
}
END
} @Kinds;

# The same for each kind; %K% is the kind.
sub each_kind {
    my (@texts) = @_;

    return [map { my $kind = $_; map { s/%K%/$kind/gr } @texts } @Kinds];
}

# The requests are proxied by the server of each kind.
sub hosts {
    my (@headers) = @_;

    return each_kind(map { "Host: %K%\n$_" } @headers);
}

# The S3 server counts uploads over all blocks.
our $LastUpload = 0;

sub each_upload {
    my (@texts) = @_;

    return [map {
        my ($kind, $id) = ($_, 'upload-' . ++$LastUpload);
        map { s/%K%/$kind/gr =~ s/%ID%/$id/gr } @texts;
    } @Kinds];
}

our ($Part1, $Part2) = ('first part,', 'second part');
our $Complete = '<CompleteMultipartUpload>' . join('', map {
    my $etag = md5_hex($_ == 1 ? $Part1 : $Part2);
    "<Part><PartNumber>$_</PartNumber><ETag>&quot;$etag&quot;</ETag></Part>"
} 1, 2) . '</CompleteMultipartUpload>';

# Names of objects, more or less encoded.
our @Odd = (
    '%3F%3F.txt', '%0A.txt', '%0d%0a.txt', '%09.txt', '%7F.txt', '/.txt',
    '%2F%2f', '\\.txt', '<&>|^`{}[].txt', '%5B%7b%5D.txt', '%25%32%30.txt',
);

run_tests();

__DATA__

=== TEST 1: a range
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films/hello.txt')
--- more_headers eval: ::hosts('Range: bytes=6-9')
--- error_code eval: [(206) x 4]
--- response_headers eval: [('Content-Range: bytes 6-9/17') x 4]
--- response_body eval: [('from') x 4]
--- s3_log_like eval: ::each_kind('GET \S+ 206 %K%$')

=== TEST 2: the end of an object
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films/hello.txt')
--- more_headers eval: ::hosts('Range: bytes=-6')
--- error_code eval: [(206) x 4]
--- response_headers eval: [('Content-Range: bytes 11-16/17') x 4]
--- response_body eval: [("films\n") x 4]

=== TEST 3: HEAD
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('HEAD /films/a%20b.txt')
--- more_headers eval: ::hosts('')
--- error_code eval: [(200) x 4]
--- response_headers eval: [('Content-Length: 17') x 4]
--- response_body eval: [('') x 4]
--- s3_log_like eval: ::each_kind('HEAD \S+ 200 %K%$')

=== TEST 4: If-None-Match
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films/hello.txt')
--- more_headers eval: ::hosts('If-None-Match: "' . ::md5_hex("hello from films\n") . '"')
--- error_code eval: [(304) x 4]
--- response_body eval: [('') x 4]
--- s3_log_like eval: ::each_kind('GET \S+ 304 %K%$')

=== TEST 5: If-Match fails
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films/hello.txt')
--- more_headers eval: ::hosts('If-Match: "0123456789abcdef"')
--- error_code eval: [(412) x 4]
--- response_body_like eval: [('<Code>PreconditionFailed</Code>') x 4]
--- s3_log_like eval: ::each_kind('GET \S+ 412 %K%$')

=== TEST 6: If-Modified-Since
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films/hello.txt', 'GET /films/hello.txt')
--- more_headers eval
::hosts('If-Modified-Since: Fri, 31 Dec 2100 23:59:59 GMT',
      'If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT')
--- error_code eval: [(304, 200) x 4]
--- response_body eval: [('', "hello from films\n") x 4]

=== TEST 7: the list of a bucket
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films?list-type=2', 'GET /films/?list-type=2')
--- more_headers eval: ::hosts('', '')
--- error_code eval: [(200) x 8]
--- response_body_like eval
[('<Key>\(x\) (?:\'|&apos;)y.*<Key>x/\.\./y\.txt</Key>') x 8]

=== TEST 8: a list with prefix, delimiter and max-keys in any order
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind('GET /films?prefix=deep/er/&max-keys=1&list-type=2&delimiter=/')
--- more_headers eval: ::hosts('')
--- error_code eval: [(200) x 4]
--- response_body_like eval
[('<Prefix>deep/er/nested/</Prefix>') x 4]
--- s3_log_like eval: ::each_kind('GET \S+ 200 %K%$')

=== TEST 9: a prefix with odd characters, encoded and not
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind('GET /films?list-type=2&prefix=(x)+\'y\'%20%22z"!*~',
          'GET /films?list-type=2&prefix=100%25%26%3d;,@:$%23',
          'GET /films?list-type=2&prefix=a%2Bb',
          'GET /films?list-type=2&prefix=a%20b',
          'GET /films?list-type=2&prefix=a+b',
          "GET /films?list-type=2&prefix=\xc3%A9%e6%97%a5")
--- more_headers eval: ::hosts(('') x 6)
--- error_code eval: [(200) x 24]
--- response_body_like eval
[('<Key>\(x\)', '<Key>100%', '<Key>a\+b.txt</Key>', '<Key>a b.txt</Key>',
  '<Key>a b.txt</Key>', "<Key>\xc3\xa9\xe6\x97\xa5") x 4]

=== TEST 10: the next page of a list by its token
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind('GET /films?list-type=2&prefix=a&max-keys=1',
          'GET /films?continuation-token=6120622e747874&list-type=2&prefix=a',
          'GET /films?start-after=a+b.txt&list-type=2&prefix=a')
--- more_headers eval: ::hosts('', '', '')
--- error_code eval: [(200) x 12]
--- response_body_like eval
[('<NextContinuationToken>6120622e747874<.*<Key>a b.txt</Key>',
  '<Contents>.*<Key>a\+b.txt</Key>', '<Key>a\+b.txt</Key>') x 4]

=== TEST 11: a version
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films/hello.txt?versionId=v1')
--- more_headers eval: ::hosts('')
--- error_code eval: [(200) x 4]
--- response_headers eval: [('x-amz-version-id: v1') x 4]
--- response_body eval: [("hello from films\n") x 4]
--- s3_log_like eval: ::each_kind('GET \S+versionId=v1\S* 200 %K%$')

=== TEST 12: arguments that change headers of the response
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind('GET /films/hello.txt?response-content-type=text/html;+charset=utf-8'
    . '&response-content-disposition=attachment%3B%20filename%3D%22a%2Bb%20c%22'
    . '&response-cache-control=no-cache')
--- more_headers eval: ::hosts('')
--- error_code eval: [(200) x 4]
--- response_headers eval
[(<<'END') x 4]
Content-Type: text/html; charset=utf-8
Content-Disposition: attachment; filename="a+b c"
Cache-Control: no-cache
END
--- response_body eval: [("hello from films\n") x 4]

=== TEST 13: the file name of a download in UTF-8
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind('GET /films/hello.txt?response-content-disposition='
    . "attachment;filename*=UTF-8''%25C3%25A9%2525",
    'GET /films/hello.txt?response-content-disposition='
    . "attachment;filename=%22%C3%A9\xe6\x97\xa5%22")
--- more_headers eval: ::hosts('', '')
--- error_code eval: [(200) x 8]
--- response_headers eval
[("Content-Disposition: attachment;filename*=UTF-8''%C3%A9%25",
  "Content-Disposition: attachment;filename=\"\xc3\xa9\xe6\x97\xa5\"") x 4]

=== TEST 14: an object is put, read, and deleted
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind("PUT /films/new/a+b%20%K%.txt\nnew by %K%",
          'GET /films/new/a%2Bb%20%K%.txt',
          'DELETE /films/new/a+b%20%K%.txt',
          'GET /films/new/a+b%20%K%.txt')
--- more_headers eval: ::hosts("Content-Type: text/x-new; a=b", '', '', '')
--- error_code eval: [(200, 200, 204, 404) x 4]
--- response_headers eval: [('', 'Content-Type: text/x-new; a=b', '', '') x 4]
--- response_body eval: ::each_kind('', 'new by %K%', '', qr/NoSuchKey/)
--- s3_log_like eval
::each_kind('PUT \S+ 200 %K%$', 'DELETE \S+ 204 %K%$')

=== TEST 15: an empty object is put
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('PUT /films/empty-%K%', 'GET /films/empty-%K%')
--- more_headers eval: ::hosts('Content-Length: 0', '')
--- error_code eval: [(200) x 8]
--- response_headers eval: [('', 'Content-Length: 0') x 4]
--- s3_log_like eval: ::each_kind('PUT \S+ 200 %K%$')

=== TEST 16: a large body
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind("PUT /films/large-%K%\n" . 'large ' x 50_000 . '.', 'GET /films/large-%K%')
--- more_headers eval: ::hosts('', '')
--- error_code eval: [(200) x 8]
--- response_body eval: [('', 'large ' x 50_000 . '.') x 4]

=== TEST 17: a body is sent while it arrives
--- http_config eval: 'proxy_request_buffering off;' . $::Servers
--- config
--- request eval
[map { (["PUT /films/pieces-$_\none, ", {value => 'two, ', delay_before => 0.05},
         {value => 'three', delay_before => 0.05}],
        "GET /films/pieces-$_") } @::Kinds]
--- more_headers eval: ::hosts('Content-Length: 15', '')
--- error_code eval: [(200) x 8]
--- response_body eval: [('', 'one, two, three') x 4]
--- s3_log_like eval: ::each_kind('PUT \S+ 200 %K%$')

=== TEST 18: a chunked body gets a length
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind("PUT /films/chunked-%K%\n5\r\nchunk\r\n1\r\ns\r\n0\r\n\r\n",
            'GET /films/chunked-%K%')
--- more_headers eval: ::hosts('Transfer-Encoding: chunked', '')
--- error_code eval: [(200) x 8]
--- response_body eval: [('', 'chunks') x 4]
--- s3_log_like eval: ::each_kind('PUT \S+ 200 %K%$')

=== TEST 19: the response of S3 to a PUT without a length
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('PUT /films/no-length')
--- more_headers eval: ::hosts('')
--- error_code eval: [(411) x 4]
--- response_body_like eval: [('<Code>MissingContentLength</Code>') x 4]
--- s3_log_like eval: ::each_kind('PUT \S+ 411 %K%$')

=== TEST 20: a body with its MD5 and metadata
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind("PUT /films/meta-%K%\nbody", 'GET /films/meta-%K%')
--- more_headers eval
::hosts('Content-MD5: ' . ::md5_base64('body')
    . "==\nX-Amz-Meta-B:   2\nx-amz-meta-a: 1 1\nDate: today", '')
--- error_code eval: [(200) x 8]
--- response_headers eval
[('', "x-amz-meta-a: 1 1\nx-amz-meta-b: 2") x 4]
--- response_body eval: [('', 'body') x 4]

=== TEST 21: spaces inside metadata
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind("PUT /films/spaces-%K%\nbody")
--- more_headers eval: ::hosts('X-Amz-Meta-A: 1  2   3')
--- error_code eval: [(200) x 4]
--- s3_log_like eval: ::each_kind('PUT \S+ 200 %K%$')

=== TEST 22: a repeated header
--- http_config eval: $::Servers
--- config
--- request eval: ::each_kind('GET /films/hello.txt')
--- more_headers eval: ::hosts("x-amz-x: 2\nX-Amz-Y: 1\nX-AMZ-X:  1 ")
--- error_code eval: [(200) x 4]
--- response_body eval: [("hello from films\n") x 4]

=== TEST 23: an argument in place of a header
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind('GET /films/hello.txt?x-amz-request-payer=requester')
--- more_headers eval: ::hosts('')
--- error_code eval: [(200) x 4]
--- response_body eval: [("hello from films\n") x 4]
--- s3_log_like eval: ::each_kind('GET \S+ 200 %K%$')

=== TEST 24: sub-resources of the bucket
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind('GET /films?location', 'GET /films/?location=', 'HEAD /films', 'GET /')
--- more_headers eval: ::hosts(('') x 4)
--- error_code eval: [(200) x 16]
--- response_body_like eval
[('<LocationConstraint', '<LocationConstraint', '^$', '<Name>music</Name>') x 4]

=== TEST 25: names of new objects
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind(map { ("PUT /films/%K%/$_\nnamed $_", "GET /films/%K%/$_") } @::Odd)
--- more_headers eval: ::hosts(('') x 22)
--- error_code eval: [(200) x 88]
--- response_body eval
[(map { ('', "named $_") } @::Odd) x 4]

=== TEST 26: queries of odd form
--- http_config eval: $::Servers
--- config
--- request eval
::each_kind(map { "GET /films/hello.txt?$_" }
    '', '&', '&&x&', '=', '=v', 'x==y', 'x=a?b', 'x=%', '%zz', 'x=1&x=2&x', 'b&a&B&A-',
    'x-id=GetObject', 'x=+%2B%20', '?', "x=\xc3\xa9", 'x=/;,:@$!*()\'',
    'expires=1', 'Expires=1&Signature=2&AWSAccessKeyId=3', 'x="<>\\^`{|}[]')
--- more_headers eval: ::hosts(('') x 19)
--- error_code eval: [(200) x 76]
--- response_body eval: [("hello from films\n") x 76]

=== TEST 27: an upload in parts
--- http_config eval: $::Servers
--- config
--- request eval
::each_upload('POST /films/parts-%K%?uploads',
    "PUT /films/parts-%K%?partNumber=1&uploadId=%ID%\n$::Part1",
    "PUT /films/parts-%K%?uploadId=%ID%&partNumber=2\n$::Part2",
    'GET /films/parts-%K%?uploadId=%ID%',
    "POST /films/parts-%K%?uploadId=%ID%\n$::Complete",
    'GET /films/parts-%K%')
--- more_headers eval: ::hosts('', ('Content-Type:') x 2, '', 'Content-Type: text/xml', '')
--- error_code eval: [(200) x 24]
--- response_body_like eval
::each_kind('<UploadId>upload-\d+</UploadId>', '^$', '^$', '<PartNumber>2</PartNumber>',
          '<Key>parts-%K%</Key>', '^first part,second part$')
--- s3_log_like eval: ::each_kind('POST \S+\?(?:\S*&)?uploads\S* 200 %K%$')

=== TEST 28: an upload in parts is aborted
--- http_config eval: $::Servers
--- config
--- request eval
::each_upload('POST /films/given-up?uploads=',
    'DELETE /films/given-up?uploadId=%ID%',
    'GET /films/given-up?uploadId=%ID%')
--- more_headers eval: ::hosts('', '', '')
--- error_code eval: [(200, 204, 404) x 4]
--- response_body_like eval: [('<UploadId>', '^$', 'NoSuchUpload') x 4]

=== TEST 29: a method that is not allowed does not reach S3
--- config
$TEST_NGINX_KEYS
s3_region us-east-1;
location /films/ { proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT; }
--- request eval
["PUT /films/hello.txt\nchanged", 'DELETE /films/hello.txt',
 'POST /films/hello.txt?uploads', 'GET /films/hello.txt']
--- error_code eval: [405, 405, 405, 200]
--- response_headers eval: [('Allow: GET, HEAD') x 3, '']
--- response_body eval: [(qr/405 (?:Method )?Not Allowed/) x 3, "hello from films\n"]
--- s3_log_unlike
PUT
DELETE
POST

#!/usr/bin/env python3
"""Debian's modules of others, beside this one.

    modules.py --nginx BINARY --module MODULE

nginx loads each of them before and after this module, and at last all of them. Requests that they
rewrite or make, and responses that they change, go through it to the S3 server. Each request must
arrive signed or be refused, and each answer be right. The same requests are also made without this
module, to a server that asks for no signature: what is wrong there as well is not this module's
fault, and is named. Modules that are not in the directory `modules` beside nginx are left out.
"""

import dataclasses
import http.server
import re
import struct
import threading
import urllib.parse
import zlib

from load import KEYS, S3Server, command
from web import KINDS, Failure, Nginx, ask, other_module

XML = "<films><film>one</film></films>"
OBJECTS = {"a": "one object\n", "b": "other object\n", "x.xml": XML}
A, B = OBJECTS["a"].encode(), OBJECTS["b"].encode()
# What a client, or a module, sends to pass off a signature of its own.
OWN = {"Authorization": "AWS AKIDCLIENT:signature", "X-Amz-Date": "20200101T000000Z"}


def png():
    """A white square of 8 pixels."""
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    pixels = (b"\0" + b"\xff" * 24) * 8
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b""))


@dataclasses.dataclass
class Request:
    """What a client sends, the answer, and the requests that must arrive for it, as `METHOD key`."""

    target: str
    body: object = b""  # That of the answer: bytes, or a function that the body satisfies.
    arrive: tuple = ()
    status: int = 200
    method: str = "GET"
    send: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    version: str = "1.0"


@dataclasses.dataclass(eq=False)
class Case:
    """Requests one after the other, and what nginx must have for them."""

    name: str
    requests: list
    server: str = ""
    http: str = ""
    # Whether this module refuses what would pass without it.
    refuses: bool = False


@dataclasses.dataclass
class Module:
    """A module of others, by the name of its file."""

    file: str
    cases: list
    http: str = ""
    needs: tuple = ()


def get(target, body=A, *arrive, **more):
    return Request(target, body, arrive or ("GET a",), **more)


def refused(target, *arrive, status=500, **more):
    return Request(target, lambda body: True, arrive, status, **more)


# For every module: nothing of it in the configuration but its presence.
LOADED = Case("loaded", [
    get("/s3/a"),
    Request("/s3/a", b"", ("HEAD a",), method="HEAD"),
    Request("/any/loaded", b"", ("PUT loaded",), method="PUT", send=b"loaded", headers=OWN),
    get("/s3/loaded", b"loaded", "GET loaded"),
    Request("/s3/none", lambda body: b"NoSuchKey" in body, ("GET none",), 404),
])
NOT_ALLOWED = Case("not allowed", [
    refused("/s3/a", status=405, method="PUT", send=b"no"),
    refused("/s3/a", status=405, method="DELETE"),
], refuses=True)

LUA = [
    Case("capture", [get("/lua-capture")], """
        location /lua-capture { content_by_lua_block {
            local answer = ngx.location.capture("/s3/a")
            ngx.status = answer.status
            ngx.print(answer.body)
        } }"""),
    Case("captures at a time", [get("/lua-multi", A + B, "GET a", "GET b")], """
        location /lua-multi { content_by_lua_block {
            local a, b = ngx.location.capture_multi({{"/s3/a"}, {"/s3/b", {args = {x = "1 2"}}}})
            ngx.print(a.body, b.body)
        } }"""),
    Case("capture with PUT and DELETE", [
        get("/lua-put", b"200 by lua 204 404", "PUT lua1", "GET lua1", "DELETE lua1", "GET lua1"),
    ], """
        location /lua-put { content_by_lua_block {
            local function run(method, body)
                return ngx.location.capture("/any/lua1", {method = method, body = body})
            end
            local put, got = run(ngx.HTTP_PUT, "by lua"), run(ngx.HTTP_GET)
            local deleted, gone = run(ngx.HTTP_DELETE), run(ngx.HTTP_GET)
            ngx.print(put.status, " ", got.body, " ", deleted.status, " ", gone.status)
        } }"""),
    Case("capture with the client's body", [
        Request("/lua-forward", b"200", ("PUT lua2",), method="POST", send=b"forwarded", headers=OWN),
        get("/s3/lua2", b"forwarded", "GET lua2"),
    ], """
        location /lua-forward { content_by_lua_block {
            ngx.req.read_body()
            local answer = ngx.location.capture("/any/lua2",
                {method = ngx.HTTP_PUT, always_forward_body = true})
            ngx.print(answer.status)
        } }"""),
    Case("capture with a method that is not allowed", [
        Request("/lua-refused", b"500 500"),
    ], """
        location /lua-refused { content_by_lua_block {
            local put = ngx.location.capture("/s3/lua3", {method = ngx.HTTP_PUT, body = "x"})
            local deleted = ngx.location.capture("/s3/a", {method = ngx.HTTP_DELETE})
            ngx.print(put.status, " ", deleted.status)
        } }""", refuses=True),
    Case("request headers", [get("/lua-headers/a", headers=OWN)], """
        location /lua-headers/ {
            rewrite_by_lua_block {
                ngx.req.set_header("Authorization", "AWS AKIDLUA:signature")
                ngx.req.set_header("X-Amz-Date", {"20200101T000000Z", "20200102T000000Z"})
                ngx.req.set_header("X-Amz-Meta-Lua", "a  b")
                ngx.req.set_header("Content-Type", "text/x-lua")
                ngx.req.clear_header("User-Agent")
            }
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("path and arguments", [get("/lua-uri?x=y&X-Amz-Signature=0", B, "GET b")], """
        location /lua-uri {
            rewrite_by_lua_block {
                ngx.req.set_uri("/s3/b", false)
                ngx.req.set_uri_args({z = "a b/c", ["response-content-type"] = "text/plain"})
                ngx.exec("/s3/b", ngx.req.get_uri_args())
            }
        }"""),
    Case("path and arguments without a new location", [
        get("/lua-here?x=y", B, "GET b"),
    ], """
        location /lua-here {
            rewrite_by_lua_block {
                ngx.req.set_uri("/b")
                ngx.req.set_uri_args("z=%C3%A9+1&y")
            }
            {{keys}} proxy_pass http://{{bucket}};
        }"""),
    Case("method and body", [
        Request("/lua-method/lua4", b"", ("PUT lua4",), send=b"", headers=OWN),
        get("/s3/lua4", b"set by lua", "GET lua4"),
        get("/lua-get/a", A, method="POST", send=b"ignored"),
    ], """
        location /lua-method/ {
            access_by_lua_block {
                ngx.req.set_method(ngx.HTTP_PUT)
                ngx.req.read_body()
                ngx.req.set_body_data("set by lua")
            }
            {{keys}} {{any}} proxy_pass http://{{bucket}}/;
        }
        location /lua-get/ {
            access_by_lua_block {
                ngx.req.set_method(ngx.HTTP_GET)
                ngx.req.discard_body()
                ngx.req.set_header("Content-Length", "0")
            }
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("body in parts", [
        Request("/lua-parts/lua5", b"", ("PUT lua5",), method="PUT", send=b"client"),
        get("/s3/lua5", b"first, second", "GET lua5"),
    ], """
        location /lua-parts/ {
            access_by_lua_block {
                ngx.req.read_body()
                ngx.req.init_body()
                ngx.req.append_body("first, ")
                ngx.req.append_body("second")
                ngx.req.finish_body()
            }
            {{keys}} {{any}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("method that is not allowed", [refused("/lua-method-no/a", status=405)], """
        location /lua-method-no/ {
            access_by_lua_block { ngx.req.set_method(ngx.HTTP_DELETE) }
            {{keys}} proxy_pass http://{{bucket}}/;
        }""", refuses=True),
    Case("filters", [get("/lua-filter/a", b"ONE OBJECT\n")], """
        location /lua-filter/ {
            header_filter_by_lua_block { ngx.header.content_length = nil }
            body_filter_by_lua_block { ngx.arg[1] = string.upper(ngx.arg[1]) }
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("balancer", [
        get("/lua-balancer/a", headers=OWN),
        get("/lua-balancer/a?recreate", headers=OWN),
        Request("/lua-balancer/lua6?recreate", b"", ("PUT lua6",), method="PUT", send=b"balanced"),
        get("/lua-balancer/lua6", b"balanced", "GET lua6"),
    ], """
        location /lua-balancer/ {
            proxy_set_header Host {{bucket}};
            {{keys}} {{any}} proxy_pass http://lua-balancer/;
        }""", """
        upstream lua-balancer {
            server 0.0.0.1;
            balancer_by_lua_block {
                local balancer = require "ngx.balancer"
                if ngx.var.args then assert(balancer.recreate_request()) end
                assert(balancer.set_current_peer("127.0.0.1", {{port}}))
            }
        }"""),
    Case("keys from Lua", [get("/lua-keys/a")], """
        location /lua-keys/ {
            set_by_lua_block $lua_key { return "{{access_key}}" }
            {{keys_by:$lua_key}} proxy_pass http://{{bucket}}/;
        }"""),
]

ECHO = [
    Case("echo_location", [get("/echo-location", A + B, "GET a", "GET b")],
         "location /echo-location { echo_location /s3/a; echo_location /s3/b; }"),
    Case("echo_location_async", [get("/echo-async", A + B, "GET a", "GET b")],
         "location /echo-async { echo_location_async /s3/a; echo_location_async /s3/b x=1; }"),
    Case("echo_subrequest with PUT and DELETE", [
        get("/echo-put", b"by echo", "PUT echo1", "GET echo1", "DELETE echo1"),
        Request("/s3/echo1", lambda body: True, ("GET echo1",), 404),
    ], """
        location /echo-put {
            echo_subrequest PUT /any/echo1 -b "by echo";
            echo_subrequest GET /any/echo1;
            echo_subrequest DELETE /any/echo1;
        }"""),
    Case("echo_subrequest with a method that is not allowed", [
        Request("/echo-refused", lambda body: True, ()),
    ], "location /echo-refused { echo_subrequest_async DELETE /s3/a; echo no; }", refuses=True),
    Case("echo_exec", [get("/echo-exec", B, "GET b", headers=OWN)],
         "location /echo-exec { echo_exec /s3/b x=1; }"),
    Case("echo_before_body and echo_after_body", [
        get("/echo-around/a", b"before " + A + b" after\n"),
    ], """
        location /echo-around/ {
            echo_before_body -n "before "; echo_after_body " after";
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("echo_read_request_body", [
        Request("/echo-read/echo2", b"", ("PUT echo2",), method="PUT", send=b"client"),
    ], """
        location /echo-read/ {
            echo_before_body -n "";
            {{keys}} {{any}} proxy_pass http://{{bucket}}/;
        }"""),
]

HEADERS_MORE = [
    Case("more_set_input_headers", [get("/more-set/a", headers=OWN)], """
        location /more-set/ {
            more_set_input_headers "Authorization: AWS AKIDMORE:signature"
                "X-Amz-Date: 20200101T000000Z" "X-Amz-Security-Token: more" "X-Amz-Meta-More: a  b"
                "Content-Type: text/x-more" "X-Amz-Content-Sha256: 0";
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("more_clear_input_headers", [get("/more-clear/a", headers=OWN)], """
        location /more-clear/ {
            more_clear_input_headers "User-Agent" "X-Amz-*" "Accept*" Host;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("a range", [get("/more-range/a", A[:4], status=206)], """
        location /more-range/ {
            more_set_input_headers "Range: bytes=0-3";
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("more_set_headers", [
        get("/more-out/a"),
        refused("/more-out/none", "GET none", status=404),
    ], """
        location /more-out/ {
            more_set_headers "Server: more" "Content-Type: text/x-more" "Location: none";
            more_clear_headers "ETag" "X-Amz-*";
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
]

IMAGE = [
    Case("image_filter size", [
        get("/image-size/p.png", lambda body: b'"width": 8' in body, "GET p.png"),
    ], "location /image-size/ { image_filter size; {{keys}} proxy_pass http://{{bucket}}/; }"),
    Case("image_filter resize", [
        get("/image-resize/p.png",
            lambda body: body[:4] == b"\x89PNG" and body[16:24] == struct.pack(">II", 4, 4),
            "GET p.png"),
        Request("/image-resize/a", lambda body: True, ("GET a",), 415),
    ], "location /image-resize/ { image_filter resize 4 4; {{keys}} proxy_pass http://{{bucket}}/; }"),
]

XSLT = [
    Case("xslt_stylesheet", [
        get("/xslt/x.xml", lambda body: b"<p>one</p>" in body, "GET x.xml"),
    ], """
        location /xslt/ {
            xslt_stylesheet {{directory}}/films.xslt; xslt_types *;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
]
STYLESHEET = """<?xml version="1.0"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="film"><p><xsl:value-of select="."/></p></xsl:template>
</xsl:stylesheet>
"""

SUBS = [
    Case("subs_filter", [
        get("/subs/a", b"two object\n"),
        get("/subs/a", b"two object\n", headers={"Accept-Encoding": "gzip"}),
    ], """
        location /subs/ {
            subs_filter_types *; subs_filter one two; subs_filter "obj(.)ct" "obj$1ct" r;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
]

BROTLI = [
    Case("brotli", [
        get("/brotli/a", lambda body: body and body != A, version="1.1",
            headers={"Accept-Encoding": "br"}),
        get("/brotli/a"),
    ], """
        location /brotli/ {
            brotli on; brotli_types *; brotli_min_length 1;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
]

NJS_CODE = """
async function get(r) {
    let answer = await r.subrequest('/s3/a');
    r.return(answer.status, answer.responseBuffer || answer.responseText || answer.responseBody);
}
async function put(r) {
    let put = await r.subrequest('/any/js1', {method: 'PUT', body: 'by js'});
    let got = await r.subrequest('/any/js1', 'x=1');
    let gone = await r.subrequest('/any/js1', {method: 'DELETE'});
    r.return(200, put.status + ' ' + got.responseText + ' ' + gone.status);
}
async function refused(r) {
    let put = await r.subrequest('/s3/js2', {method: 'PUT', body: 'by js'});
    r.return(200, '' + put.status);
}
function redirect(r) { r.internalRedirect('/s3/b?x=1'); }
function key(r) { return '%(access_key)s'; }
function header(r) { delete r.headersOut['Content-Length']; r.headersOut['X-Js'] = 'js'; }
function body(r, data, flags) { r.sendBuffer(data.toString().toUpperCase(), flags); }
export default {get, put, refused, redirect, key, header, body};
""" % {"access_key": KEYS[0][0]}
NJS = [
    Case("subrequest", [get("/js-get")], "location /js-get { js_content main.get; }"),
    Case("subrequest with PUT and DELETE", [
        get("/js-put", b"200 by js 204", "PUT js1", "GET js1", "DELETE js1"),
    ], "location /js-put { js_content main.put; }"),
    Case("subrequest with a method that is not allowed", [Request("/js-refused", b"500")],
         "location /js-refused { js_content main.refused; }", refuses=True),
    Case("internalRedirect", [get("/js-redirect", B, "GET b", headers=OWN)],
         "location /js-redirect { js_content main.redirect; }"),
    Case("js_set", [get("/js-keys/a")], """
        location /js-keys/ {
            {{keys_by:$js_key}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("filters", [get("/js-filter/a", b"ONE OBJECT\n")], """
        location /js-filter/ {
            js_header_filter main.header; js_body_filter main.body;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
]

CACHE_PURGE = [
    Case("a cache", [
        get("/purge/a"), Request("/purge/a", A),
        refused("/purge/none", "GET none", status=404),
    ], """
        location /purge/ {
            proxy_cache purge; proxy_cache_valid 200 1m; proxy_cache_key $uri;
            proxy_cache_purge PURGE from all;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("PURGE", [
        get("/purge-now/a"), Request("/purge-now/a", lambda body: True, method="PURGE"),
        get("/purge-now/a"),
    ], """
        location /purge-now/ {
            proxy_cache purge; proxy_cache_valid 200 1m; proxy_cache_key $uri;
            proxy_cache_purge PURGE from all;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
    Case("methods that are not allowed", [
        refused("/purge-no/a", status=405, method="PUT", send=b"no"),
        refused("/purge-no/a", status=405, method="DELETE"),
    ], """
        location /purge-no/ {
            proxy_cache purge; proxy_cache_purge PURGE from all;
            {{keys}} proxy_pass http://{{bucket}}/;
        }""", refuses=True),
]

UPLOAD_PROGRESS = [
    Case("track_uploads", [
        get("/track/a"),
        Request("/track/up1?X-Progress-ID=1", b"", ("PUT up1",), method="PUT", send=b"tracked"),
        get("/s3/up1", b"tracked", "GET up1"),
    ], """
        location /track/ {
            {{keys}} {{any}} proxy_pass http://{{bucket}}/;
            track_uploads uploads 1s;
        }"""),
    Case("methods that are not allowed", [
        refused("/track-no/a", status=405, method="PUT", send=b"no"),
    ], """
        location /track-no/ {
            {{keys}} proxy_pass http://{{bucket}}/;
            track_uploads uploads 1s;
        }""", refuses=True),
]

SET_MISC = [
    Case("set_unescape_uri", [get("/misc?key=%61")], """
        location /misc {
            set_unescape_uri $misc_key $arg_key;
            set_quote_sql_str $misc_quoted $arg_key;
            {{keys}} proxy_pass http://{{bucket}}/$misc_key;
        }"""),
]

SRCACHE = [
    Case("srcache_fetch and srcache_store", [
        get("/srcache/a", A, "GET cached-a", "GET a", "PUT cached-a"),
        get("/srcache/a", A, "GET cached-a"),
    ], """
        location /srcache/ {
            set $srcache_key cached-a;
            srcache_fetch GET /any/$srcache_key;
            srcache_store PUT /any/$srcache_key;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
]

FAIR = [
    Case("fair", [get("/fair/a"), get("/fair/a")], """
        location /fair/ {
            proxy_set_header Host {{bucket}};
            {{keys}} proxy_pass http://fair/;
        }""", "upstream fair { server 127.0.0.1:{{port}}; fair; }"),
]

MODSECURITY = [
    Case("modsecurity", [
        get("/waf/a"),
        refused("/waf/a?evil=yes", status=403),
        Request("/waf/waf1", b"", ("PUT waf1",), method="PUT", send=b"guarded",
                headers={"Content-Type": "text/plain"}),
        get("/s3/waf1", b"guarded", "GET waf1"),
    ], """
        location /waf/ {
            modsecurity on;
            modsecurity_rules '
                SecRuleEngine On
                SecRequestBodyAccess On
                SecResponseBodyAccess On
                SecRule ARGS:evil "@streq yes" "id:1,phase:1,deny,status:403"
            ';
            {{keys}} {{any}} proxy_pass http://{{bucket}}/;
        }"""),
]

DAV = [
    Case("dav_ext_methods", [get("/dav/a")], """
        location /dav/ {
            dav_ext_methods PROPFIND OPTIONS;
            {{keys}} proxy_pass http://{{bucket}}/;
        }"""),
]

NDK = ("ndk_http_module",)
MODULES = [
    Module("ngx_http_lua_module", LUA, 'lua_package_path "{{lua}}/?.lua;;";', NDK),
    Module("ngx_http_echo_module", ECHO),
    Module("ngx_http_headers_more_filter_module", HEADERS_MORE),
    Module("ngx_http_image_filter_module", IMAGE),
    Module("ngx_http_xslt_filter_module", XSLT),
    Module("ngx_http_subs_filter_module", SUBS),
    Module("ngx_http_brotli_filter_module", BROTLI),
    Module("ngx_http_js_module", NJS,
           "js_path {{directory}}; js_import main from main.js; js_set $js_key main.key;"),
    Module("ngx_http_cache_purge_module", CACHE_PURGE, "proxy_cache_path cache keys_zone=purge:1m;"),
    Module("ngx_http_uploadprogress_module", UPLOAD_PROGRESS, "upload_progress uploads 1m;"),
    Module("ngx_http_set_misc_module", SET_MISC, "", NDK),
    Module("ngx_http_srcache_filter_module", SRCACHE),
    Module("ngx_http_upstream_fair_module", FAIR),
    Module("ngx_http_modsecurity_module", MODSECURITY, "", NDK),
    Module("ngx_http_dav_ext_module", DAV),
    Module("ngx_http_memc_module", []),
    Module("ngx_http_fancyindex_module", []),
]


class PlainServer:
    """A server of the same objects that asks for no signature."""

    def __init__(self):
        self.arrived = []
        arrived, objects = self.arrived, {key: text.encode() for key, text in OBJECTS.items()}

        class Handler(http.server.BaseHTTPRequestHandler):
            """Keeps what it is sent."""

            def _answer(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Type", "application/octet-stream")
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_GET(self):
                key = key_of(self.path)
                arrived.append((self.command, key))
                if key not in objects:
                    return self._answer(404, b"NoSuchKey")
                body = objects[key]
                if part := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
                    return self._answer(206, body[int(part[1]):int(part[2]) + 1])
                return self._answer(200, body)

            do_HEAD = do_GET

            def do_PUT(self):
                key = key_of(self.path)
                arrived.append((self.command, key))
                objects[key] = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(200)

            def do_DELETE(self):
                key = key_of(self.path)
                arrived.append((self.command, key))
                objects.pop(key, None)
                self._answer(204)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def requests(self):
        """Method and key of what has arrived."""
        return list(self.arrived)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class SigningServer(S3Server):
    """The S3 server, whose requests must be signed."""

    def __init__(self, directory, kind):
        super().__init__(directory, OBJECTS)
        self._kind = kind

    def requests(self):
        """Method and key of what has arrived."""
        arrived = []
        for method, target, status, kind in super().requests():
            if kind != self._kind or status == "403":
                raise Failure(f"arrived as {kind}, answered {status}: {method} {target}")
            arrived.append((method, key_of(target)))
        return arrived


def key_of(target):
    return urllib.parse.unquote(target.partition("?")[0].lstrip("/"))


class Trial:
    """nginx with modules of others; with this module, or without it in front of a server that asks for
    no signature."""

    BUCKET = "films.s3.eu-west-1.amazonaws.com"

    def __init__(self, options, modules, order=None, kind=None):
        self.signs = order is not None
        needed = [name for module in modules for name in (*module.needs, module.file)]
        others = [other_module(options.nginx, name) for name in dict.fromkeys(needed)]
        files = {"before": [*others, options.module], "after": [options.module, *others]}
        self.nginx = Nginx(options.nginx, *files.get(order, others))
        directory = self.nginx.directory
        self.upstream = SigningServer(directory, kind) if self.signs else PlainServer()
        self.cases = [case for module in modules for case in module.cases] + [LOADED, NOT_ALLOWED]
        self.cases = [case for case in self.cases if self.signs or not case.refuses]
        (directory / "films.xslt").write_text(STYLESHEET)
        (directory / "main.js").write_text(NJS_CODE)
        self.nginx.configure(self._configuration(options, modules, kind))

    def _configuration(self, options, modules, kind):
        key, secret = KEYS[0]
        rest = f"s3_secret_key {secret}; {KINDS.get(kind)}"
        text = f"""
        {"".join(part.http for part in (*modules, *self.cases))}
        upstream {self.BUCKET} {{ server {self.upstream.address}; }}
        server {{
            listen unix:{self.nginx.directory}/front.sock;
            location /s3/ {{ {{{{keys}}}} proxy_pass http://{self.BUCKET}/; }}
            location /any/ {{ {{{{keys}}}} {{{{any}}}} proxy_pass http://{self.BUCKET}/; }}
            {"".join(case.server for case in self.cases)}
        }}"""
        values = {
            "keys": f"s3_access_key {key}; {rest}" if self.signs else "",
            "any": "s3_methods any;" if self.signs else "",
            "access_key": key,
            "bucket": self.BUCKET,
            "port": self.upstream.address.rpartition(":")[2],
            "directory": str(self.nginx.directory),
            "lua": str(other_module(options.nginx, "").parents[1] / "lua"),
        }
        text = re.sub(r"\{\{keys_by:(\$\w+)\}\}",
                      rf"s3_access_key \1; {rest}" if self.signs else "", text)
        return re.sub(r"\{\{(\w+)\}\}", lambda name: values[name[1]], text)

    def run(self):
        """What each case did wrong."""
        wrong = {}
        try:
            self.nginx.start()
            self._put_image()
            for case in self.cases:
                for request in case.requests:
                    if what := self._wrong(request):
                        wrong[case] = f"{request.method} {request.target}: {what}"
                        break
            self.nginx.stop()
            self._log = self.nginx.log()
        finally:
            self.nginx.remove()
            self.upstream.stop()
        return wrong

    def check_log(self):
        """What only a fault of this module writes."""
        if found := re.search(r".*(?:panicked|this is a bug|cannot be used).*", self._log):
            raise Failure(found[0])

    def _put_image(self):
        image = png()
        head = f"PUT /any/p.png HTTP/1.0\r\nContent-Length: {len(image)}\r\n\r\n"
        status, _ = ask(self.nginx.socket("front"), head.encode() + image)
        if status != 200:
            raise Failure(f"the image was not stored: {status}")

    def _wrong(self, request):
        """What is wrong with the answer to a request, or with what arrives for it. Raises if it
        arrives unsigned."""
        head = f"{request.method} {request.target} HTTP/{request.version}\r\n"
        headers = {"Host": "localhost", "Connection": "close", **request.headers}
        if request.send:
            headers["Content-Length"] = len(request.send)
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        before = len(self.upstream.requests())
        status, answer = ask(self.nginx.socket("front"), head.encode() + b"\r\n" + request.send)
        arrived = [f"{method} {key}" for method, key in self.upstream.requests()[before:]]
        body = answer.partition(b"\r\n\r\n")[2]
        if status != request.status:
            return f"answered {status}, not {request.status}: {answer[:300]}"
        if not (request.body(body) if callable(request.body) else request.body == body):
            return f"answered {body[:300]}"
        if sorted(arrived) != sorted(request.arrive):
            return f"arrived: {arrived}"
        return None


def run(options):
    there = [module for module in MODULES if other_module(options.nginx, module.file).exists()]
    if not there:
        raise Failure("no module of others beside nginx")
    done, faults = 0, {}
    for modules in [*([module] for module in there), there]:
        name = modules[0].file if len(modules) == 1 else f"all {len(modules)}"
        without = Trial(options, modules).run()
        for case in without:
            faults.setdefault(case, f"{name}, {case.name}")
        for kind in KINDS:
            for order in ("before", "after"):
                trial = Trial(options, modules, order, kind)
                try:
                    wrong = trial.run()
                    trial.check_log()
                except Failure as failure:
                    raise Failure(f"{name}, loaded {order} this module, {kind}: {failure}") from None
                for case, what in wrong.items():
                    # The same request, wrong in the same way.
                    if what.split(": ")[:2] != without.get(case, "").split(": ")[:2]:
                        raise Failure(
                            f"{name}, loaded {order} this module, {kind}, {case.name}: {what}")
                done += sum(len(case.requests) for case in trial.cases)
        notes = "".join(f"; also without this module, {case.name}: {what}"
                        for case, what in without.items())
        print(f"{name}: {len(trial.cases)} cases{notes}")
    left_out = f" ({len(MODULES) - len(there)} not there)" if len(there) < len(MODULES) else ""
    others = f"; not this module's fault: {'; '.join(faults.values())}" if faults else ""
    return (f"{len(there)} modules{left_out} loaded before and after, {done} requests, each signed or"
            f" refused{others}")


command(__doc__, run)

// The operations of clients.py, by the SDK for JavaScript.

import assert from "node:assert";
import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PassThrough } from "node:stream";

// The packages are below the current directory.
const require = createRequire(`${process.cwd()}/`);
const {
    CopyObjectCommand, DeleteObjectsCommand, GetObjectCommand, PutObjectCommand, S3Client,
} = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");

const { ENDPOINT, BUCKET, PREFIX, AWS_ACCESS_KEY_ID } = process.env;
const small = readFileSync(process.env.SMALL);
const large = readFileSync(process.env.LARGE);

const anonymous = {
    credentials: { accessKeyId: "", secretAccessKey: "" },
    signer: { sign: async (request) => request },
};
const s3 = new S3Client({
    endpoint: ENDPOINT, forcePathStyle: true, ...(AWS_ACCESS_KEY_ID ? {} : anonymous),
});
const object = (name, more) => ({ Bucket: BUCKET, Key: PREFIX + name, ...more });
const put = (name, Body, more) => s3.send(new PutObjectCommand(object(name, { Body, ...more })));
const upload = (name, Body) => new Upload({ client: s3, params: object(name, { Body }) }).done();
const read = async (name, more) => {
    const answer = await s3.send(new GetObjectCommand(object(name, more)));
    return Buffer.from(await answer.Body.transformToByteArray());
};
const same = (got, wanted) => assert(
    Buffer.compare(got, wanted) === 0,
    `${got.length} bytes are not the ${wanted.length} that were sent`,
);

const operations = {
    "small": () => put("small", small),
    // A stream, whose checksum is known at its end only.
    "large": () => put("large", createReadStream(process.env.LARGE), { ContentLength: large.length }),
    "multipart": () => upload("multipart", large),
    "stream": () => upload("stream", createReadStream(process.env.LARGE).pipe(new PassThrough())),
    "get": async () => same(await read("small"), small),
    "get large": async () => same(await read("large"), large),
    "range": async () => same(await read("small", { Range: "bytes=10-19" }), small.subarray(10, 20)),
    "copy": () => s3.send(new CopyObjectCommand(
        object("copy", { CopySource: `${BUCKET}/${PREFIX}small` }),
    )),
    "delete": async () => {
        const Objects = ["small", "copy"].map((name) => ({ Key: PREFIX + name }));
        const command = new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } });
        const { Errors = [] } = await s3.send(command);
        assert(!Errors.length, JSON.stringify(Errors));
    },
};

for (const name of process.argv.slice(2)) {
    let result = "ok";
    try {
        await operations[name]();
    } catch (error) {
        result = `${error.name}: ${error.message}`.split(/\s+/).join(" ");
    }
    console.log(`${name}\t${result}`);
}

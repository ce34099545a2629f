// Unpacks what is wanted of a zip file, which is what a Python wheel is.
import { createWriteStream, mkdirSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';

/** Every entry for which `placeOf(name)` gives a path goes to that path below `folder`. */
export async function unpackZip(file, folder, placeOf) {
  const zip = await promisify(yauzl.open)(file, { lazyEntries: true, autoClose: false });
  const openEntry = promisify(zip.openReadStream.bind(zip));
  for (const entry of await entriesOf(zip)) {
    const place = placeOf(entry.fileName);
    if (place === undefined) continue;
    const target = path.join(folder, place);
    mkdirSync(path.dirname(target), { recursive: true });
    await pipeline(await openEntry(entry), createWriteStream(target));
  }
  zip.close();
}

/** The text of the first entry whose name matches. */
export async function readZipText(file, pattern) {
  const zip = await promisify(yauzl.open)(file, { lazyEntries: true, autoClose: false });
  const entry = (await entriesOf(zip)).find(({ fileName }) => pattern.test(fileName));
  const chunks = [];
  if (entry !== undefined) {
    const stream = await promisify(zip.openReadStream.bind(zip))(entry);
    for await (const chunk of stream) chunks.push(chunk);
  }
  zip.close();
  return Buffer.concat(chunks).toString('utf8');
}

function entriesOf(zip) {
  return new Promise((resolve, reject) => {
    const entries = [];
    zip.on('entry', (entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', reject);
    zip.readEntry();
  });
}

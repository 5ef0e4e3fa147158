// Which partition a session belongs to: murmur2 as Java's producer computes it.
function murmur2(text) {
  const data = Buffer.from(text);
  const mix = (k) => {
    k = Math.imul(k, 0x5bd1e995);
    return Math.imul(k ^ (k >>> 24), 0x5bd1e995);
  };
  let h = 0x9747b28c ^ data.length;
  let i = 0;
  for (; i + 4 <= data.length; i += 4) h = Math.imul(h, 0x5bd1e995) ^ mix(data.readInt32LE(i));
  const left = data.length - i;
  if (left >= 3) h ^= data[i + 2] << 16;
  if (left >= 2) h ^= data[i + 1] << 8;
  if (left >= 1) h = Math.imul(h ^ data[i], 0x5bd1e995);
  h = Math.imul(h ^ (h >>> 13), 0x5bd1e995);
  return (h ^ (h >>> 15)) & 0x7fffffff;
}

export const shardOf = (session, partitions = 12) => murmur2(session) % partitions;

/// One session name for each partition, in their order.
export function oneForEach(partitions, stem = 'line') {
  const names = [];
  for (let i = 0; names.filter(Boolean).length < partitions; ++i) names[shardOf(`${stem}-${i}`, partitions)] ??= `${stem}-${i}`;
  return names;
}

/// Which of the 256 buckets its keys in Redis are in.
export const bucketOf = (session) => murmur2(session) % 256;

// The first text after a pairing.
import crypto from 'node:crypto';

const kEach = 15_000; // ms until the stranger writes again
const kMost = 6; // times

/// A stranger writes to a line until something arrives there: what Baileys knows of somebody's devices may be older than
/// their newest link, then its text goes to the others, and it does not write again when the server tells it so. `mark`
/// stands in every text.
export async function reach(world, { session, phone, stranger, mark = '' }) {
  const serial = crypto.randomBytes(3).toString('hex');
  const said = [];
  const heard = () => world.inbound(session).some(({ text }) => said.includes(text));
  for (;;) {
    said.push(`${mark} good day ${serial} ${said.length + 1}`);
    await stranger.send(`${phone}@s.whatsapp.net`, said.at(-1));
    try {
      return await world.messages.until(heard, `a greeting of ${session}`, kEach);
    } catch (error) {
      if (said.length === kMost || world.messages.program.end) throw error;
    }
  }
}

/// The line writes first, then the stranger.
export async function greet(world, { session, phone, stranger, mark = '' }) {
  const hello = `${mark} hello ${crypto.randomBytes(3).toString('hex')}`;
  world.send(session, stranger.number, hello);
  await stranger.hears(hello);
  await reach(world, { session, phone, stranger, mark });
}

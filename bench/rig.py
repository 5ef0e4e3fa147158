"""The processes of a run: Redis, Apache Kafka, the sandbox, the worker, Baileys; and how they are spoken to."""

import atexit
import base64
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A run that cannot go on, with a sentence that says why."""


def until(what, holds, seconds=120, every=0.05, seen=None):
    """`seen` tells, should the wait be in vain, what there was instead."""
    limit = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > limit:
            raise Failed(f"{what}: not within {seconds} s" + (f", but {seen()}" if seen else ""))
        time.sleep(every)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    def __init__(self, name, folder, command, stdin=None, stdout=None, env=None):
        self.name = name
        self.log = folder / f"{name}.log"
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [str(c) for c in command], stdin=stdin, stdout=stdout or log, stderr=log, env=env, cwd=folder
            )
        self.pid = self.child.pid
        atexit.register(self.kill)

    def check(self):
        if self.child.poll() is not None:
            tail = self.log.read_text(errors="replace")[-1500:]
            raise Failed(f"{self.name} ended with {self.child.returncode}: {tail}")

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def stop(self, seconds=40):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} did not end within {seconds} s of SIGTERM")

    def cpu(self):
        """CPU seconds used so far, by all threads, in user space and in the kernel."""
        self.check()
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_anon(self):
        """KiB."""
        self.check()
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
        raise Failed("no RssAnon")


class Redis(Process):
    def __init__(self, folder):
        self.port = free_port()
        super().__init__(
            "redis", folder,
            ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync",
             "always", "--save", "", "--dir", folder, "--maxmemory-policy", "noeviction"],
        )
        until("Redis", lambda: self.answers(), 20)

    def answers(self):
        try:
            return self.command("PING").startswith("+PONG")
        except OSError:
            return False

    def command(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), 5) as link:
            words = [w.encode() for w in words]
            link.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            data = link.recv(1 << 16)
            if data.startswith(b"$"):
                size = int(data[1:data.index(b"\r\n")])
                while len(data) < size + data.index(b"\r\n") + 4:
                    data += link.recv(1 << 16)
            return data.decode(errors="replace")

    def info(self, section):
        return dict(line.split(":", 1) for line in self.command("INFO", section).splitlines() if ":" in line)

    def used_memory(self):
        """KiB."""
        return int(self.info("memory")["used_memory"]) / 1024

    def scripts(self):
        """Scripts run so far, each one round trip: fenced commits, and renewals of leases."""
        found = self.info("commandstats").get("cmdstat_evalsha", "calls=0,")
        return int(found.split(",")[0].split("=")[1])


    def watched(self, seconds):
        """Commands that clients sent in this time, without those inside scripts."""
        count = 0
        with socket.create_connection(("127.0.0.1", self.port), 5) as link:
            link.sendall(b"MONITOR\r\n")
            stream = link.makefile("rb")
            stream.readline()
            limit = time.monotonic() + seconds
            link.settimeout(1)
            while time.monotonic() < limit:
                try:
                    line = stream.readline()
                except TimeoutError:
                    stream = link.makefile("rb")  # A reader that timed out once gives nothing more.
                    continue
                count += b" lua] " not in line.split(b'"', 1)[0]
        return count


class Kafka(Process):
    def __init__(self, folder, jars):
        self.port = free_port()
        self.brokers = f"127.0.0.1:{self.port}"
        control = free_port()
        (folder / "kafka.properties").write_text(f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{control}
listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{control}
advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}
controller.listener.names=CONTROLLER
log.dirs={folder}/kafka
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=3
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
""")
        classes = f"{jars}/*"
        with open(folder / "kafka-format.log", "wb") as log:
            subprocess.run(
                ["java", "-cp", classes, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c",
                 folder / "kafka.properties"], stdout=log, stderr=log, check=True)
        super().__init__(
            "kafka", folder,
            ["java", "-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes,
             "kafka.Kafka", folder / "kafka.properties"])

    def produce(self, topic, records, headers=()):
        """Records are pairs of key and payload; they may hold any byte but the delimiter."""
        delimiter = b"\x1e\x1d\x1e"
        data = b"".join(key.encode() + b":" + payload + delimiter for key, payload in records)
        command = ["kcat", "-P", "-q", "-b", self.brokers, "-t", topic, "-K:", "-D", r"\x1e\x1d\x1e", "-X",
                   "topic.partitioner=murmur2_random", "-X", "linger.ms=5"]
        for header in headers:
            command += ["-H", header]
        done = subprocess.run(command, input=data, capture_output=True)
        if done.returncode != 0:
            raise Failed(f"kcat could not produce: {done.stderr.decode()[-300:]}")


class Events:
    """Everything on one topic from its beginning, each record handed to `take(payload)` as it comes."""

    def __init__(self, kafka, folder, topic, take):
        self.reader = Process(
            "kcat-" + topic, folder,
            ["kcat", "-C", "-u", "-q", "-b", kafka.brokers, "-t", topic, "-o", "beginning", "-f", r"%S\n%s", "-X",
             "fetch.wait.max.ms=20"], stdout=subprocess.PIPE)
        self.take = take
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        stream = self.reader.child.stdout
        while head := stream.readline():
            self.take(stream.read(int(head)))


class Sandbox(Process):
    def __init__(self, folder, binary, name="sandbox"):
        self.port = free_port()
        # As many lines as anybody asks for, and those who ask about them.
        super().__init__(name, folder, [binary, "--listen", f"127.0.0.1:{self.port}", "--log-format", "json",
                                        "--max-connections", "100000"])
        self.url = f"wss://127.0.0.1:{self.port}/ws/chat"
        self.local = threading.local()
        self.root = until("the sandbox", lambda: self.try_root(), 20)

    def try_root(self):
        self.check()
        try:
            return self.call("GET", "/admin/noise-root").strip()
        except OSError:
            return None

    def call(self, method, target, body=None):
        for attempt in (1, 2):
            link = getattr(self.local, "link", None)
            if link is None:
                link = http.client.HTTPSConnection(
                    "127.0.0.1", self.port, timeout=60, context=ssl._create_unverified_context())
                self.local.link = link
            text = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
            try:
                link.request(method, target, body=text)
                answer = link.getresponse()
                data = answer.read().decode()
                break
            except (http.client.HTTPException, OSError):  # An idle link may have been closed.
                self.local.link = None
                if attempt == 2:
                    raise
        if answer.status >= 300:
            raise Failed(f"{method} {target}: {answer.status} {data.strip()}")
        return data

    def get(self, target):
        return json.loads(self.call("GET", target))

    def post(self, target, body):
        return json.loads(self.call("POST", target, body))


class Worker(Process):
    def __init__(self, folder, binary, kafka, redis, sandbox, threads=None, flags=(), wrap=(), name="worker",
                 pace=("--send-rate", "off", "--connect-rate", "off")):
        ring = folder / "key-ring"
        if not ring.exists():
            ring.touch(mode=0o600)
            ring.write_text("k1:" + base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        self.port = free_port()
        command = [*wrap, binary, "--kafka-brokers", kafka.brokers, "--redis-url",
                   f"redis://127.0.0.1:{redis.port}/0", "--key-ring", ring, "--whatsapp-url", sandbox.url, "--tls-ca",
                   "insecure", "--noise-root", sandbox.root, "--http-listen", f"127.0.0.1:{self.port}", *pace,
                   "--log-format", "json"]
        if threads:
            command += ["--threads", threads]
        super().__init__(name, folder, command + list(flags))

    def metrics(self):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request("GET", "/metrics")
            text = link.getresponse().read().decode()
        except OSError:
            self.check()
            return {}
        finally:
            link.close()
        found = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def connected(self):
        return int(self.metrics().get("linekeeper_lines_connected", 0))


class Baileys(Process):
    def __init__(self, folder, sandbox):
        # Node must be able to collect before its memory is read: what is garbage is not held against it.
        super().__init__("baileys", folder, ["node", "--expose-gc", ROOT / "bench/baileys.mjs", sandbox.url],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def act(self, act, **parameters):
        self.child.stdin.write((json.dumps({"act": act, **parameters}) + "\n").encode())
        self.child.stdin.flush()
        while True:
            line = self.child.stdout.readline()
            if not line:
                self.child.wait()
                self.check()
            answer = json.loads(line)
            if "error" in answer:
                raise Failed(f"Baileys: {answer['error']}")
            if answer.get("done") == act:
                return answer


def find_jars(given=None):
    jars = pathlib.Path(given or os.environ.get("LINEKEEPER_KAFKA_JARS") or
                        pathlib.Path(os.environ.get("LINEKEEPER_CACHE", ROOT / "build")) / "kafka-jars")
    if not any(jars.glob("kafka_*.jar")):
        raise Failed(f"no Kafka in {jars}: ./dev setup fetches it")
    return jars


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Failed(f"{program} is not installed: ./dev setup and README.md of this folder say how")

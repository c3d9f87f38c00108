"""The UDP receiver: takes forked packets, many legs and directions on one port, and gives each its track."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeVar
from uuid import UUID

from orchestrator.media.rtp import MalformedMedia, PacketKind, parse_rtp
from orchestrator.media.strep import HEADER_BYTES, Strep, parse_strep
from workers.media.admission import Admission, FindCalls, Packet
from workers.media.fork_track import ForkTrack
from workers.media.recorder import Recorder
from workers.media.tally import Tally

log = logging.getLogger(__name__)

PLAIN_FOLDER = "rtp"
MOST_TRACKS = 4_000
_MOST_BYTES = 2_048
_AT_ONCE = 256
_REST_S = 0.002  # even the small buffer of a kernel that allows no larger one holds what comes meanwhile
_RECEIVE_BUFFER = 8 * 1024 * 1024
_IDLE_S = 10.0

Network = IPv4Network | IPv6Network
K = TypeVar("K")


class _Leg:
    """An admitted leg: its call, and the only address its packets may come from."""

    __slots__ = ("call_id", "sender", "tracks")

    def __init__(self, call_id: str, sender: str) -> None:
        self.call_id = call_id
        self.sender = sender
        self.tracks: dict[int, ForkTrack] = {}


class ForkReceiver:
    """Reads the port and sorts what comes: STREP by leg and direction, plain RTP by sender and source."""

    def __init__(
        self, *, recorder: Recorder, tally: Tally, find_calls: FindCalls, rtp_from: Sequence[Network] = ()
    ) -> None:
        self._recorder = recorder
        self._tally = tally
        self._admission = Admission(find_calls, tally=tally)
        self._rtp_from = tuple(rtp_from)
        self._legs: dict[bytes, _Leg] = {}
        self._plain: dict[tuple[str, int, int], ForkTrack] = {}
        self._routes: dict[tuple[bytes, str], ForkTrack] = {}  # by header and sender, as most packets repeat them
        self._open = 0
        self._loop = asyncio.get_running_loop()
        self._resting: asyncio.Handle | None = None

    def listen(self, host: str, port: int) -> int:
        """Take packets from now on; return the port."""
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self._socket.setblocking(False)
        self._socket.bind((host, port))
        self._watch()
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Take no more and finish every track."""
        self._loop.remove_reader(self._socket)
        if self._resting is not None:
            self._resting.cancel()
        self._socket.close()
        for track in [*self._plain.values(), *(t for leg in self._legs.values() for t in leg.tracks.values())]:
            track.close()

    async def admit(self) -> None:
        """Wait for pending legs and admit those that belong to a call here, with their kept packets."""
        await self._admission.wait_until_asked_for()
        for leg, call_id, packets in await self._admission.admit_known_legs(now=self._loop.time()):
            self._legs[UUID(leg).bytes] = _Leg(call_id, packets[0].sender)
            log.info("a fork has begun", extra={"call_id": call_id})
            for packet in packets:
                self._take(packet.data, (packet.sender, 0), self._loop.time())

    def close_idle(self) -> None:
        """Finish the tracks that have been silent for ten seconds: UDP does not say goodbye."""
        too_old = self._loop.time() - _IDLE_S
        for ident, leg in list(self._legs.items()):
            _close_older(leg.tracks, too_old)
            if not leg.tracks:
                del self._legs[ident]
        _close_older(self._plain, too_old)
        self._routes = {route: track for route, track in self._routes.items() if track.heard_at >= too_old}
        self._open = len(self._plain) + sum(len(leg.tracks) for leg in self._legs.values())

    def _watch(self) -> None:
        self._resting = None
        self._loop.add_reader(self._socket, self._wake)

    def _wake(self) -> None:
        self._loop.remove_reader(self._socket)
        self._turn()

    def _turn(self) -> None:
        """Read what is there, and look again after a rest: to be woken by each packet costs more than the packet."""
        taken = 0
        try:
            taken = self._read()
        finally:  # whatever breaks: a port that nobody looks at again would be deaf for good
            if taken:
                self._resting = self._loop.call_later(_REST_S if taken < _AT_ONCE else 0, self._turn)
            else:
                self._watch()

    def _read(self) -> int:
        receive, now, taken = self._socket.recvfrom, self._loop.time(), 0
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while taken < _AT_ONCE:
                self._take(*receive(_MOST_BYTES), now)
                taken += 1
        self._tally.add("packets", taken)
        return taken

    def _take(self, data: bytes, sender: tuple[str, int], now: float) -> None:
        try:
            track = self._routes.get((data[:HEADER_BYTES], sender[0]))
            if track is not None:
                track.push(parse_rtp(data, HEADER_BYTES), now)
                return
            kind = data[0] >> 6
            if kind == PacketKind.STREP:
                self._take_strep(data, sender[0], now)
            elif kind == PacketKind.RTP:
                self._take_plain(data, sender, now)
            else:
                self._tally.add("packets_sip" if kind == PacketKind.SIP else "packets_t38")
        except MalformedMedia as err:
            self._tally.add(f"packets_malformed_{err.reason}")
        except IndexError:
            self._tally.add("packets_empty")

    def _take_strep(self, data: bytes, sender: str, now: float) -> None:
        header = parse_strep(data)
        leg = self._legs.get(header.leg)
        if leg is None:
            parse_rtp(data, header.rtp_at)  # nothing is kept that could not be read later
            self._admission.keep(header.call_leg_id, Packet(data, sender), now=now)
        elif leg.sender != sender:
            self._tally.add("packets_forged")
        else:
            rtp = parse_rtp(data, header.rtp_at)
            track = leg.tracks.get(data[0]) or self._open_track(leg, header, data)
            if track is not None:
                track.push(rtp, now)

    def _open_track(self, leg: _Leg, header: Strep, data: bytes) -> ForkTrack | None:
        track = self._new_track(leg.call_id, header.track)
        if track is not None:
            leg.tracks[data[0]] = track
            if header.rtp_at == HEADER_BYTES:
                self._routes[data[:HEADER_BYTES], leg.sender] = track
        return track

    def _take_plain(self, data: bytes, sender: tuple[str, int], now: float) -> None:
        """Take RTP without a header before it: nothing in it names a call, so its sender must be trusted."""
        rtp = parse_rtp(data)
        ident = (*sender[:2], rtp.ssrc)
        track = self._plain.get(ident)
        if track is None:
            if not self._is_trusted(sender[0]):
                self._tally.add("packets_of_unknown_senders")
                return
            name = f"{sender[0].replace('.', '-').replace(':', '-')}-{sender[1]}-{rtp.ssrc:08x}"
            track = self._new_track(PLAIN_FOLDER, name)
            if track is None:
                return
            self._plain[ident] = track
        track.push(rtp, now)

    def _new_track(self, folder: str, name: str) -> ForkTrack | None:
        if self._open >= MOST_TRACKS:
            self._tally.add("packets_crowded_out")
            return None
        self._open += 1
        return ForkTrack(lambda codec: self._recorder.open_fork(folder, name, codec=codec), tally=self._tally)

    def _is_trusted(self, sender: str) -> bool:
        address = ip_address(sender.partition("%")[0])
        return any(address.version == network.version and address in network for network in self._rtp_from)


def _close_older(tracks: dict[K, ForkTrack], too_old: float) -> None:
    for ident in [ident for ident, track in tracks.items() if track.heard_at < too_old]:
        tracks.pop(ident).close()

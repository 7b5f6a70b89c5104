"""The peer of live ingest: Flask on waitress, one durable row of SQLite a post, no rules at all."""

import sqlite3
import sys
import threading

from flask import Flask, Response, jsonify, request
from waitress import serve


def application(path: str) -> Flask:
    """Stores each post in a transaction of its own."""
    app = Flask("plain")
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute(
            "CREATE TABLE reading (station TEXT, variable TEXT, time TEXT, value REAL,"
            " PRIMARY KEY (station, variable, time)) WITHOUT ROWID"
        )
    local = threading.local()
    turn = threading.Lock()

    @app.post("/api/v1/readings")
    def readings() -> Response:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            local.connection.execute("PRAGMA synchronous = FULL")
        rows = [(r["station"], r["variable"], r["time"], r["value"]) for r in request.get_json()]
        with turn:
            local.connection.execute("BEGIN IMMEDIATE")
            local.connection.executemany("INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?)", rows)
            local.connection.execute("COMMIT")
        return Response(f'{{"accepted":{len(rows)}}}', mimetype="application/json")

    @app.get("/healthz")
    def alive() -> Response:
        return jsonify(ok=True)

    return app


if __name__ == "__main__":
    serve(application(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=48)

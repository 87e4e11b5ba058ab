"""What a scan has to know of a rule before it imports it; made by ``python -m tests.rules.table``.

Code, name, tip, kind, module; of rules about a file also the words, the pattern and whether it is about routes.
"""

from typing import Any

# fmt: off
TABLE: tuple[tuple[Any, ...], ...] = (
    ('FD001', 'syntax-error', 0, 'project', 'tool.syntax_error'),
    ('FD002', 'unreadable-file', 0, 'project', 'tool.unreadable_file'),
    ('FD004', 'rule-crashed', 0, 'project', 'tool.rule_crashed'),
    ('FD101', 'needless-jsonify', 1, 'file', 'json_responses.needless_jsonify', (b'jsonify',), None, False),
    ('FD105', 'error-handler-without-status', 1, 'file', 'json_responses.error_handler_without_status', (b'errorhandler', b'register_error_handler'), None, False),  # noqa: E501
    ('FD201', 'sensitive-session-data', 2, 'file', 'sessions.sensitive_session_data', (b'session',), None, False),
    ('FD202', 'lost-session-change', 2, 'file', 'sessions.lost_session_change', (b'session',), None, False),
    ('FD301', 'hardcoded-secret', 3, 'file', 'secrets.hardcoded_secret', (b'KEY', b'SECRET', b'secret_key', b'PASS', b'TOKEN', b'PWD'), None, False),  # noqa: E501
    ('FD302', 'guessable-secret-fallback', 3, 'file', 'secrets.guessable_secret_fallback', (b'KEY', b'SECRET', b'secret_key', b'PASS', b'TOKEN', b'PWD'), None, False),  # noqa: E501
    ('FD304', 'credentials-in-url', 3, 'file', 'secrets.credentials_in_url', (b'://',), b'://[^\\s/:@]*:[^\\s/@][^@]{0,200}@', False),  # noqa: E501
    ('FD310', 'env-file-missing', 3, 'project', 'env_files.env_file_missing'),
    ('FD311', 'env-template-missing', 3, 'project', 'env_files.env_template_missing'),
    ('FD312', 'key-missing-from-template', 3, 'project', 'env_files.key_missing_from_template'),
    ('FD313', 'key-missing-from-env', 3, 'project', 'env_files.key_missing_from_env'),
    ('FD316', 'unparsable-env-line', 3, 'project', 'env_files.unparsable_env_line'),
    ('FD322', 'secret-in-template', 3, 'project', 'env_files.secret_in_template'),
    ('FD326', 'undocumented-env-key', 3, 'project', 'env_files.undocumented_env_key'),
    ('FD328', 'dotenv-not-installed', 3, 'project', 'env_files.dotenv_not_installed'),
    ('FD330', 'env-not-ignored', 3, 'project', 'git.env_not_ignored'),
    ('FD331', 'env-tracked', 3, 'project', 'git.env_tracked'),
    ('FD335', 'secret-file-not-ignored', 3, 'project', 'git.secret_file_not_ignored'),
    ('FD336', 'ineffective-ignore-line', 3, 'project', 'git.ineffective_ignore_line'),
    ('FD337', 'env-in-docker-image', 3, 'project', 'git.env_in_docker_image'),
    ('FD406', 'posix-only-requirement', 4, 'project', 'portability.posix_only_requirement'),
    ('FD501', 'context-at-import', 5, 'file', 'contexts.context_at_import', (b'current_app', b'request', b'session', b'g.', b'url_for', b'_all()', b'reflect(', b'.query', b'.engine'), None, False),  # noqa: E501
    ('FD504', 'context-lost-in-stream', 5, 'file', 'contexts.context_lost_in_stream', (b'yield', b'Response(', b'make_response(', b'response_class('), None, False),  # noqa: E501
    ('FD506', 'request-outside-request', 5, 'file', 'contexts.request_outside_request', (b'.task', b'shared_task', b'periodic_task', b'_job', b'.job', b'@job', b'.command', b'.Task', b'.actor', b' actor'), None, False),  # noqa: E501
    ('FD601', 'second-engine', 6, 'file', 'background.second_engine', (b'create_engine(', b'sessionmaker('), None, False),  # noqa: E501
    ('FD603', 'mail-sent-in-view', 6, 'file', 'background.mail_sent_in_view', (b'mail', b'Mail', b'smtplib', b'send_', b'notif', b'Notif', b'invit', b'letter', b'confirm', b'reset'), None, True),  # noqa: E501
    ('FD605', 'task-without-app-context', 6, 'file', 'background.task_without_app_context', (b'.task', b'shared_task', b'periodic_task', b'.Task'), None, False),  # noqa: E501
    ('FD701', 'debug-enabled', 7, 'file', 'security.debug_enabled', (b'debug', b'DEBUG', b'.run('), None, False),
    ('FD703', 'unguarded-run', 7, 'file', 'security.unguarded_run', (b'.run(',), None, False),
    ('FD705', 'insecure-session-cookie', 7, 'file', 'security.insecure_session_cookie', (b'Flask(', b'Quart(', b'SESSION_COOKIE_', b'REMEMBER_COOKIE_', b'SECRET_KEY', b'Config(', b'Config:', b'Settings('), None, False),  # noqa: E501
    ('FD708', 'decorator-above-route', 7, 'file', 'security.decorator_above_route', (b'.route(', b'.get(', b'.post(', b'.put(', b'.patch(', b'.delete('), None, True),  # noqa: E501
    ('FD709', 'no-security-headers', 7, 'file', 'security.no_security_headers', (b'Flask(', b'Quart('), None, False),
    ('FD712', 'cors-with-credentials', 7, 'file', 'security.cors_with_credentials', (b'flask_cors', b'flask.ext.cors'), None, False),  # noqa: E501
    ('FD801', 'server-not-running', 8, 'live', 'live.server_not_running'),
    ('FD802', 'wrong-server', 8, 'live', 'live.wrong_server'),
    ('FD803', 'server-broken', 8, 'live', 'live.server_broken'),
    ('FD804', 'debugger-reachable', 8, 'live', 'live.debugger_reachable'),
    ('FD810', 'missing-csp', 8, 'live', 'live.missing_csp'),
    ('FD811', 'missing-hsts', 8, 'live', 'live.missing_hsts'),
    ('FD812', 'missing-frame-protection', 8, 'live', 'live.missing_frame_protection'),
    ('FD813', 'missing-nosniff', 8, 'live', 'live.missing_nosniff'),
    ('FD814', 'missing-referrer-policy', 8, 'live', 'live.missing_referrer_policy'),
    ('FD815', 'missing-permissions-policy', 8, 'live', 'live.missing_permissions_policy'),
    ('FD816', 'weak-header', 8, 'live', 'live.weak_header'),
    ('FD817', 'server-banner', 8, 'live', 'live.server_banner'),
    ('FD818', 'deprecated-header', 8, 'live', 'live.deprecated_header'),
    ('FD820', 'cookie-flags', 8, 'live', 'live.cookie_flags'),
    ('FD821', 'readable-session-secret', 8, 'live', 'live.readable_session_secret'),
    ('FD822', 'session-signed-with-committed-key', 8, 'live', 'live.session_signed_with_committed_key'),
    ('FD823', 'oversized-cookie', 8, 'live', 'live.oversized_cookie'),
    ('FD840', 'file-exposed', 8, 'live', 'live.file_exposed'),
    ('FD841', 'cors-reflects-credentials', 8, 'live', 'live.cors_reflects_credentials'),
    ('FD901', 'async-view-without-extra', 9, 'project', 'async_views.async_view_without_extra'),
    ('FD905', 'flask-import-in-quart-app', 9, 'file', 'async_views.flask_import_in_quart_app', (b'async def', b'quart', b'Quart'), None, False),  # noqa: E501
    ('FD1001', 'late-monkey-patch', 10, 'project', 'greenlets.late_monkey_patch'),
    ('FD1002', 'eventlet-deprecated', 10, 'project', 'greenlets.eventlet_deprecated'),
    ('FD1101', 'duplicate-endpoint', 11, 'project', 'routing.duplicate_endpoint'),
    ('FD1102', 'shadowed-route', 11, 'project', 'routing.shadowed_route'),
    ('FD1103', 'view-argument-mismatch', 11, 'project', 'routing.view_argument_mismatch'),
    ('FD1104', 'malformed-route', 11, 'file', 'routing.malformed_route', (b'.route(', b'add_url_rule(', b'.get(', b'.post(', b'.put(', b'.patch(', b'.delete('), None, True),  # noqa: E501
    ('FD1106', 'unregistered-blueprint', 11, 'project', 'routing.unregistered_blueprint'),
    ('FD1201', 'removed-flask-api', 12, 'file', 'upgrades.removed_flask_api', (b'_first_request', b'json_encoder', b'json_decoder', b'JSONEncoder', b'JSONDecoder', b'Markup', b'escape', b'_ctx_stack', b'safe_join', b'from_json', b'app.env', b'propagate_exceptions', b'session_cookie_name', b'use_x_sendfile', b'send_file_max_age_default', b'templates_auto_reload', b'flask.ext', b'signals_available', b'locked_cached_property', b'htmlsafe_dumps', b'get_env', b'json_available'), None, False),  # noqa: E501
    ('FD1203', 'removed-send-file-argument', 12, 'file', 'upgrades.removed_send_file_argument', (b'send_file', b'send_from_directory'), None, False),  # noqa: E501
)
# fmt: on

"""What a scan has to know of a rule before it imports it; made by ``python -m tests.rules.table``.

Code, name, tip, kind, module; of rules about a file also the words, the pattern and whether it is about routes.
"""

from typing import Any

# fmt: off
TABLE: tuple[tuple[Any, ...], ...] = (
    ('FD001', 'syntax-error', 0, 'project', 'tool.syntax_error'),
    ('FD002', 'unreadable-file', 0, 'project', 'tool.unreadable_file'),
    ('FD003', 'unused-suppression', 0, 'project', 'tool.unused_suppression'),
    ('FD004', 'rule-crashed', 0, 'project', 'tool.rule_crashed'),
    ('FD101', 'needless-jsonify', 1, 'file', 'json_responses.needless_jsonify', (b'jsonify',), None, False),
    ('FD102', 'empty-jsonify', 1, 'file', 'json_responses.empty_jsonify', (b'jsonify(',), b'jsonify\\(\\s*\\)', False),
    ('FD103', 'json-dumps-response', 1, 'file', 'json_responses.json_dumps_response', (b'dumps(', b'dumps as'), b'\\b(?:json|simplejson|ujson)\\b', True),  # noqa: E501
    ('FD104', 'view-returns-nothing', 1, 'file', 'json_responses.view_returns_nothing', (b'route(', b'add_url_rule(', b'.get(', b'.post(', b'.put(', b'.patch(', b'.delete(', b'handler('), None, True),  # noqa: E501
    ('FD105', 'error-handler-without-status', 1, 'file', 'json_responses.error_handler_without_status', (b'errorhandler', b'register_error_handler'), None, False),  # noqa: E501
    ('FD106', 'catch-all-error-handler', 1, 'file', 'json_responses.catch_all_error_handler', (b'handler(Exception', b'handler(BaseException'), None, False),  # noqa: E501
    ('FD107', 'ignored-json-config', 1, 'file', 'json_responses.ignored_json_config', (b'JSON_AS_ASCII', b'JSON_SORT_KEYS', b'JSONIFY_MIMETYPE', b'JSONIFY_PRETTYPRINT_REGULAR'), None, False),  # noqa: E501
    ('FD201', 'sensitive-session-data', 2, 'file', 'sessions.sensitive_session_data', (b'session',), b'(?m)session\\s*\\[[^\\n]*\\](?:\\s*:[^=\\n]+)?\\s*[-+|]?=[^=]|session\\s*\\[[^\\n]*\\]\\s*,|session\\.(?:update|setdefault)\\(|session as \\w|=\\s*(?:\\w+\\.)?session\\s*(?:$|#)', False),  # noqa: E501
    ('FD202', 'lost-session-change', 2, 'file', 'sessions.lost_session_change', (b'session',), None, False),
    ('FD203', 'session-backend-missing', 2, 'file', 'sessions.session_backend_missing', (b'flask_session',), None, False),  # noqa: E501
    ('FD204', 'unserialisable-session-value', 2, 'file', 'sessions.unserialisable_session_value', (b'session',), b'(?m)session\\s*\\[[^\\n]*\\](?:\\s*:[^=\\n]+)?\\s*[-+|]?=[^=]|session\\s*\\[[^\\n]*\\]\\s*,|session\\.(?:update|setdefault)\\(|session as \\w|=\\s*(?:\\w+\\.)?session\\s*(?:$|#)', False),  # noqa: E501
    ('FD301', 'hardcoded-secret', 3, 'file', 'secrets.hardcoded_secret', (b'KEY', b'SECRET', b'secret_key', b'PASS', b'TOKEN', b'PWD'), None, False),  # noqa: E501
    ('FD302', 'guessable-secret-fallback', 3, 'file', 'secrets.guessable_secret_fallback', (b'KEY', b'SECRET', b'secret_key', b'PASS', b'TOKEN', b'PWD'), None, False),  # noqa: E501
    ('FD303', 'throwaway-secret-key', 3, 'file', 'secrets.throwaway_secret_key', (b'SECRET', b'secret_key', b'PASS'), b'random|token_(?:hex|bytes|urlsafe)|uuid[14]|generate_key|getrandbits|secrets\\.|time\\(\\)', False),  # noqa: E501
    ('FD304', 'credentials-in-url', 3, 'file', 'secrets.credentials_in_url', (b'://',), b'://[^\\s/:@]*:[^\\s/@][^@]{0,200}@', False),  # noqa: E501
    ('FD305', 'provider-token', 3, 'file', 'secrets.provider_token', (b'AKIA', b'ASIA', b'ABIA', b'ACCA', b'AIza', b'wilio', b'TWILIO', b'sk_live_', b'sk_prod_', b'sk_test_', b'rk_live_', b'rk_prod_', b'rk_test_', b'ghp_', b'gho_', b'ghu_', b'ghs_', b'ghr_', b'github_pat_', b'glpat-', b'gldt-', b'glft-', b'glsoat-', b'glrt-', b'xoxb-', b'xoxp-', b'xoxe', b'hooks.slack', b'SG.', b'ailgun', b'MAILGUN', b'T3BlbkFJ', b'sk-ant-api03-', b'npm_', b'pypi-AgEI', b'dop_v1_', b'doo_v1_', b'dor_v1_', b'eyJ', b'PRIVATE KEY'), b'["\'/](?:A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}|AIza|SK[0-9a-fA-F]{32}|AC[0-9a-f]{32}|[sr]k_(?:live|prod|test)_|gh[pousr]_|github_pat_|gl(?:pat|dt|ft|soat|rt)-|xox[bpe]|hooks\\.slack\\.com/services/T|SG\\.[\\w-]{20}|key-[a-f0-9]{32}|sk-[\\w-]{8,}T3BlbkFJ|sk-ant-api03-|npm_[A-Za-z0-9]{36}|pypi-AgEIcHl|do[opr]_v1_|eyJ[\\w-]{8,}\\.eyJ|(?:Bearer |[Tt]oken )(?:gh[pousr]_|github_pat_|gl|xox|SG\\.|sk-|eyJ|do)|-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|[\\s\\\\][\\s\\\\n]{0,40}-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY)', False),  # noqa: E501
    ('FD306', 'dotenv-not-loaded', 3, 'file', 'secrets.dotenv_not_loaded', (b'Flask(', b'create_app', b'Celery(', b'load_dotenv'), None, False),  # noqa: E501
    ('FD307', 'env-string-as-bool', 3, 'file', 'secrets.env_string_as_bool', (b'environ', b'getenv'), None, False),
    ('FD308', 'ignored-config', 3, 'file', 'secrets.ignored_config', (b'from_object(', b'from_mapping(', b'class Config', b'Config):'), b'from_(?:object|mapping)\\(|\\n[ \\t]+(?:debug|testing|secret_key|mail_|sqlalchemy_|session_cookie_|wtf_csrf_|jwt_|server_name|max_content_length|permanent_session|upload_folder)\\w*\\s*(?::[^=\\n]+)?=[^=]', False),  # noqa: E501
    ('FD310', 'env-file-missing', 3, 'project', 'env_files.env_file_missing'),
    ('FD311', 'env-template-missing', 3, 'project', 'env_files.env_template_missing'),
    ('FD312', 'key-missing-from-template', 3, 'project', 'env_files.key_missing_from_template'),
    ('FD313', 'key-missing-from-env', 3, 'project', 'env_files.key_missing_from_env'),
    ('FD314', 'required-key-empty', 3, 'project', 'env_files.required_key_empty'),
    ('FD315', 'duplicate-env-key', 3, 'project', 'env_files.duplicate_env_key'),
    ('FD316', 'unparsable-env-line', 3, 'project', 'env_files.unparsable_env_line'),
    ('FD317', 'env-key-without-value', 3, 'project', 'env_files.env_key_without_value'),
    ('FD318', 'comment-taken-as-value', 3, 'project', 'env_files.comment_taken_as_value'),
    ('FD319', 'env-file-encoding', 3, 'project', 'env_files.env_file_encoding'),
    ('FD320', 'undefined-interpolation', 3, 'project', 'env_files.undefined_interpolation'),
    ('FD321', 'env-file-permissions', 3, 'project', 'env_files.env_file_permissions'),
    ('FD322', 'secret-in-template', 3, 'project', 'env_files.secret_in_template'),
    ('FD323', 'secret-in-shared-env', 3, 'project', 'env_files.secret_in_shared_env'),
    ('FD324', 'env-secret-not-a-string', 3, 'project', 'env_files.env_secret_not_a_string'),
    ('FD325', 'parent-env-loaded', 3, 'project', 'env_files.parent_env_loaded'),
    ('FD326', 'undocumented-env-key', 3, 'project', 'env_files.undocumented_env_key'),
    ('FD327', 'unused-env-key', 3, 'project', 'env_files.unused_env_key'),
    ('FD328', 'dotenv-not-installed', 3, 'project', 'env_files.dotenv_not_installed'),
    ('FD329', 'env-loader-mismatch', 3, 'project', 'env_files.env_loader_mismatch'),
    ('FD330', 'env-not-ignored', 3, 'project', 'git.env_not_ignored'),
    ('FD331', 'env-tracked', 3, 'project', 'git.env_tracked'),
    ('FD332', 'env-in-history', 3, 'project', 'git.env_in_history'),
    ('FD333', 'env-ignored-only-here', 3, 'project', 'git.env_ignored_only_here'),
    ('FD334', 'template-ignored', 3, 'project', 'git.template_ignored'),
    ('FD335', 'secret-file-not-ignored', 3, 'project', 'git.secret_file_not_ignored'),
    ('FD336', 'ineffective-ignore-line', 3, 'project', 'git.ineffective_ignore_line'),
    ('FD337', 'env-in-docker-image', 3, 'project', 'git.env_in_docker_image'),
    ('FD338', 'env-in-package', 3, 'project', 'git.env_in_package'),
    ('FD401', 'case-colliding-names', 4, 'project', 'portability.case_colliding_names'),
    ('FD402', 'reserved-file-name', 4, 'project', 'portability.reserved_file_name'),
    ('FD403', 'posix-only-module', 4, 'file', 'portability.posix_only_module', (b'import',), b'o(?:s(?:\\.| import [^\\n]*\\b)(?:chown|fork|forkpty|getegid|geteuid|getgid|getloadavg|getuid|killpg|setsid|statvfs|uname)\\b|s as |rt(?: +(?:[\\w.]+, *){0,9}(?:fcntl|grp|pty|pwd|resource|signal|syslog|termios|tty)\\b|(?<=from fcntl import)|(?<=from grp import)|(?<=from pty import)|(?<=from pwd import)|(?<=from resource import)|(?<=from signal import)|(?<=from syslog import)|(?<=from termios import)|(?<=from tty import)))', False),  # noqa: E501
    ('FD404', 'hardcoded-tmp', 4, 'file', 'portability.hardcoded_tmp', (b'/tmp',), None, False),
    ('FD405', 'posix-strftime', 4, 'file', 'portability.posix_strftime', (b'%-',), b'%-[A-Za-z]', False),
    ('FD406', 'posix-only-requirement', 4, 'project', 'portability.posix_only_requirement'),
    ('FD407', 'crlf-shell-script', 4, 'project', 'portability.crlf_shell_script'),
    ('FD408', 'template-path-join', 4, 'file', 'portability.template_path_join', (b'_template(', b'url_for('), b'\\((?:(?<=_template\\()\\s*(?:(?![\\s\\"\'])|[\\"\'][^\\"\'\\n]*[\\"\']\\s*\\+)|(?<=url_for\\()[^()]*filename\\s*=\\s*(?![\\s\\"\']))', False),  # noqa: E501
    ('FD409', 'unix-only-readme', 4, 'project', 'portability.unix_only_readme'),
    ('FD410', 'project-on-windows-mount', 4, 'project', 'portability.project_on_windows_mount'),
    ('FD501', 'context-at-import', 5, 'file', 'contexts.context_at_import', (b'current_app', b'request', b'session', b'g.', b'url_for', b'_all()', b'reflect(', b'.query', b'.engine'), None, False),  # noqa: E501
    ('FD502', 'proxy-passed-to-thread', 5, 'file', 'contexts.proxy_passed_to_thread', (b'Thread(', b'Timer(', b'.submit(', b'start_new_thread(', b'spawn', b'Greenlet(', b'ThreadPool', b'GreenPool(', b'run_in_executor(', b'start_background_task('), None, False),  # noqa: E501
    ('FD503', 'context-lost-in-thread', 5, 'file', 'contexts.context_lost_in_thread', (b'Thread(', b'Timer(', b'.submit(', b'start_new_thread(', b'spawn', b'Greenlet(', b'ThreadPool', b'GreenPool(', b'run_in_executor(', b'start_background_task(', b'(Thread)', b'.Thread)'), None, False),  # noqa: E501
    ('FD504', 'context-lost-in-stream', 5, 'file', 'contexts.context_lost_in_stream', (b'yield', b'Response(', b'make_response(', b'response_class('), None, False),  # noqa: E501
    ('FD505', 'context-pushed-at-import', 5, 'file', 'contexts.context_pushed_at_import', (b'_context(',), b'\\.push\\(\\)|__enter__\\(\\)', False),  # noqa: E501
    ('FD506', 'request-outside-request', 5, 'file', 'contexts.request_outside_request', (b'.task', b'shared_task', b'periodic_task', b'_job', b'.job', b'@job', b'.command', b'.Task', b'.actor', b' actor', b'.enqueue'), None, False),  # noqa: E501
    ('FD507', 'fake-request-context', 5, 'file', 'contexts.fake_request_context', (b'.test_request_context(',), None, False),  # noqa: E501
    ('FD508', 'translated-at-import', 5, 'file', 'contexts.translated_at_import', (b'flask_babel', b'flask_babelplus', b'flask_babelex', b'flask_babelpkg', b'quart_babel', b'babel'), b'babel\\w* import (?:\\([^)]*|[^\\n]*)\\b(?:gettext|ngettext|pgettext|npgettext|_)\\b|import [^\\n]*babel|import \\*', False),  # noqa: E501
    ('FD601', 'second-engine', 6, 'file', 'background.second_engine', (b'create_engine', b'sessionmaker'), None, False),
    ('FD602', 'smtplib-beside-flask-mail', 6, 'file', 'background.smtplib_beside_flask_mail', (b'smtplib',), None, False),  # noqa: E501
    ('FD603', 'mail-sent-in-view', 6, 'file', 'background.mail_sent_in_view', (b'mail', b'Mail', b'smtplib', b'send_', b'notif', b'Notif', b'invit', b'letter', b'confirm', b'reset', b'welcome', b'remind', b'alert'), None, True),  # noqa: E501
    ('FD604', 'unserialisable-task-argument', 6, 'file', 'background.unserialisable_task_argument', (b'.delay(', b'apply_async', b'.enqueue', b'send_task', b'.si(', b'.s('), None, False),  # noqa: E501
    ('FD605', 'task-without-app-context', 6, 'file', 'background.task_without_app_context', (b'.task', b'shared_task', b'periodic_task', b'.Task'), None, False),  # noqa: E501
    ('FD606', 'scheduler-started-at-import', 6, 'file', 'background.scheduler_started_at_import', (b'cheduler', b'sched.'), b'\\w\\.start\\(', False),  # noqa: E501
    ('FD701', 'debug-enabled', 7, 'file', 'security.debug_enabled', (b'debug', b'DEBUG', b'.run('), None, False, True),
    ('FD702', 'debug-from-env-string', 7, 'file', 'security.debug_from_env_string', (b'.run(',), b'environ|getenv|decouple', False),  # noqa: E501
    ('FD703', 'unguarded-run', 7, 'file', 'security.unguarded_run', (b'.run(',), None, False),
    ('FD704', 'debug-on-all-interfaces', 7, 'file', 'security.debug_on_all_interfaces', (b'0.0.0.0', b'"::"', b"'::'"), None, False),  # noqa: E501
    ('FD705', 'insecure-session-cookie', 7, 'file', 'security.insecure_session_cookie', (b'Flask(', b'Quart(', b'SESSION_COOKIE_', b'REMEMBER_COOKIE_', b'SECRET_KEY', b'Config(', b'Config:', b'Settings('), None, False),  # noqa: E501
    ('FD706', 'missing-proxyfix', 7, 'file', 'security.missing_proxyfix', (b'Flask(', b'(Flask)'), None, False),
    ('FD707', 'http-forced', 7, 'file', 'security.http_forced', (b'_scheme', b'force_https'), b'_scheme[\\"\']?\\s*[=:]|force_https', False),  # noqa: E501
    ('FD708', 'decorator-above-route', 7, 'file', 'security.decorator_above_route', (b'.route(', b'.get(', b'.post(', b'.put(', b'.patch(', b'.delete('), None, True),  # noqa: E501
    ('FD709', 'no-security-headers', 7, 'file', 'security.no_security_headers', (b'Flask(', b'(Flask)', b'Quart('), None, False),  # noqa: E501
    ('FD710', 'outdated-secure-api', 7, 'file', 'security.outdated_secure_api', (b'import secure', b'from secure ', b'.framework.flask', b'.framework.quart'), b'\\bframework\\b|\\.flask\\(|\\.quart\\(|\\bSecure(?:Headers|Cookie|Policies)\\b|\\bSecure\\(', False),  # noqa: E501
    ('FD711', 'cookie-without-flags', 7, 'file', 'security.cookie_without_flags', (b'.set_cookie(',), None, False),
    ('FD712', 'cors-with-credentials', 7, 'file', 'security.cors_with_credentials', (b'flask_cors', b'flask.ext.cors'), None, False),  # noqa: E501
    ('FD713', 'missing-csrf', 7, 'file', 'security.missing_csrf', (b'Flask(', b'(Flask)', b'WTF_CSRF_ENABLED'), None, False),  # noqa: E501
    ('FD714', 'open-redirect', 7, 'file', 'security.open_redirect', (b'redirect(', b'"Location"', b"'Location'"), b'request\\.(?:args|values|form|headers|referrer|query_string)|<path:', True),  # noqa: E501
    ('FD715', 'template-injection', 7, 'file', 'security.template_injection', (b'template_string', b'jinja'), b'template_string|jinja_env\\.from_string\\(|jinja2\\b[^\\n]*\\b(?:Template|Environment)\\b|jinja2\\.', True),  # noqa: E501
    ('FD716', 'unescaped-html', 7, 'file', 'security.unescaped_html', (b'lask', b'quart'), None, True),
    ('FD717', 'sql-from-string', 7, 'file', 'security.sql_from_string', (b'.execute', b'read_sql', b'import text', b'.text('), b'e(?:quest\\b|ssion\\.(?:execute|scalar))|<(?:path:|string:)?\\w+>', True),  # noqa: E501
    ('FD718', 'upload-path', 7, 'file', 'security.upload_path', (b'.filename', b'.files', b'"wb"', b"'wb'", b'.write_bytes('), b'\\.save\\(|open\\(|\\.write_(?:bytes|text)\\(|shutil\\.|os\\.re(?:name|place)', True),  # noqa: E501
    ('FD719', 'send-file-from-url', 7, 'file', 'security.send_file_from_url', (b'send_f',), None, True),
    ('FD720', 'unlimited-upload', 7, 'file', 'security.unlimited_upload', (b'Flask(', b'(Flask)'), None, False),
    ('FD801', 'server-not-running', 8, 'live', 'live.server_not_running'),
    ('FD802', 'wrong-server', 8, 'live', 'live.wrong_server'),
    ('FD803', 'server-broken', 8, 'live', 'live.server_broken'),
    ('FD804', 'debugger-reachable', 8, 'live', 'live.debugger_reachable'),
    ('FD805', 'traceback-leaked', 8, 'live', 'live.traceback_leaked'),
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
    ('FD830', 'no-https-redirect', 8, 'live', 'live.no_https_redirect'),
    ('FD831', 'certificate-expiring', 8, 'live', 'live.certificate_expiring'),
    ('FD832', 'certificate-invalid', 8, 'live', 'live.certificate_invalid'),
    ('FD833', 'http1-only', 8, 'live', 'live.http1_only'),
    ('FD840', 'file-exposed', 8, 'live', 'live.file_exposed'),
    ('FD841', 'cors-reflects-credentials', 8, 'live', 'live.cors_reflects_credentials'),
    ('FD842', 'host-header-trusted', 8, 'live', 'live.host_header_trusted'),
    ('FD843', 'forwarded-host-trusted', 8, 'live', 'live.forwarded_host_trusted'),
    ('FD850', 'slow-response', 8, 'live', 'live.slow_response'),
    ('FD901', 'async-view-without-extra', 9, 'project', 'async_views.async_view_without_extra'),
    ('FD902', 'task-cancelled-at-return', 9, 'file', 'async_views.task_cancelled_at_return', (b'create_task', b'ensure_future'), None, True),  # noqa: E501
    ('FD903', 'sync-decorator-on-async-view', 9, 'file', 'async_views.sync_decorator_on_async_view', (b'async def',), None, True),  # noqa: E501
    ('FD904', 'blocking-call-in-async-view', 9, 'file', 'async_views.blocking_call_in_async_view', (b'async def',), None, True),  # noqa: E501
    ('FD905', 'flask-import-in-quart-app', 9, 'file', 'async_views.flask_import_in_quart_app', (b'async def', b'quart', b'Quart'), None, False),  # noqa: E501
    ('FD1001', 'late-monkey-patch', 10, 'project', 'greenlets.late_monkey_patch'),
    ('FD1002', 'eventlet-deprecated', 10, 'project', 'greenlets.eventlet_deprecated'),
    ('FD1003', 'psycopg2-without-psycogreen', 10, 'project', 'greenlets.psycopg2_without_psycogreen'),
    ('FD1004', 'socketio-with-workers', 10, 'project', 'greenlets.socketio_with_workers'),
    ('FD1005', 'werkzeug-in-production', 10, 'project', 'greenlets.werkzeug_in_production'),
    ('FD1101', 'duplicate-endpoint', 11, 'project', 'routing.duplicate_endpoint'),
    ('FD1102', 'shadowed-route', 11, 'project', 'routing.shadowed_route'),
    ('FD1103', 'view-argument-mismatch', 11, 'project', 'routing.view_argument_mismatch'),
    ('FD1104', 'malformed-route', 11, 'file', 'routing.malformed_route', (b'.route(', b'add_url_rule(', b'.get(', b'.post(', b'.put(', b'.patch(', b'.delete('), None, True),  # noqa: E501
    ('FD1105', 'body-read-in-get-view', 11, 'file', 'routing.body_read_in_get_view', (b'validate_on_submit', b'.form', b'.files', b'json'), b'validate_on_submit\\(|\\.form(?:\\[|\\.get|\\.to_dict|\\.items|\\b)|\\.files\\b|\\.get_json\\(|t\\.json\\b', True),  # noqa: E501
    ('FD1106', 'unregistered-blueprint', 11, 'project', 'routing.unregistered_blueprint'),
    ('FD1107', 'blueprint-name', 11, 'project', 'routing.blueprint_name'),
    ('FD1108', 'unknown-endpoint', 11, 'project', 'routing.unknown_endpoint'),
    ('FD1109', 'missing-template', 11, 'project', 'routing.missing_template'),
    ('FD1110', 'monolithic-app', 11, 'project', 'routing.monolithic_app'),
    ('FD1111', 'circular-app-import', 11, 'project', 'routing.circular_app_import'),
    ('FD1112', 'shared-mutable-state', 11, 'file', 'routing.shared_mutable_state', (b'lask', b'lueprint', b'quart', b'.route(', b'bp\n'), b'(?m)^\\w+(?:[ \\t]*:[^=\\n]+)?[ \\t]*=[ \\t]*(?:\\{|\\[|(?:\\w+\\.)?(?:set|dict|list|defaultdict|Counter|deque|OrderedDict)\\(|-?\\d)', True),  # noqa: E501
    ('FD1201', 'removed-flask-api', 12, 'file', 'upgrades.removed_flask_api', (b'_first_request', b'json_encoder', b'json_decoder', b'JSONEncoder', b'JSONDecoder', b'Markup', b'escape', b'_ctx_stack', b'safe_join', b'from_json', b'app.env', b'propagate_exceptions', b'session_cookie_name', b'use_x_sendfile', b'send_file_max_age_default', b'templates_auto_reload', b'flask.ext', b'signals_available', b'locked_cached_property', b'htmlsafe_dumps', b'get_env', b'json_available', b'"ENV"', b"'ENV'"), None, False),  # noqa: E501
    ('FD1202', 'removed-flask-env', 12, 'project', 'upgrades.removed_flask_env'),
    ('FD1203', 'removed-send-file-argument', 12, 'file', 'upgrades.removed_send_file_argument', (b'send_file', b'send_from_directory'), None, False),  # noqa: E501
    ('FD1204', 'removed-werkzeug-api', 12, 'file', 'upgrades.removed_werkzeug_api', (b'werkzeug',), b'werkzeug\\s+import|import\\s+werkzeug|werkzeug\\.(?:contrib|posixemulation|useragents|filesystem|__version__)|werkzeug\\.wrappers\\.[a-z]|[\\"\'](?:sha\\d|md5|plain)|\\b(?:AcceptMixin|ArgumentValidationError|AuthorizationMixin|BaseRequest|BaseResponse|BaseURL|BytesURL|CommonRequestDescriptorsMixin|CommonResponseDescriptorsMixin|DispatcherMiddleware|ETagRequestMixin|ETagResponseMixin|HTMLBuilder|Href|PlainRequest|ProxyMiddleware|ResponseStreamMixin|SharedDataMiddleware|StreamOnlyMixin|Traceback|URL|UserAgentMixin|WWWAuthenticateMixin|bind_arguments|cookie_date|detect_utf_encoding|extract_path_info|format_string|get_current_traceback|get_query_string|get_script_name|html|invalidate_cached_property|make_chunk_iter|make_line_iter|parse_authorization_header|parse_www_authenticate_header|pbkdf2_bin|pbkdf2_hex|peek_path_info|pop_path_info|run_with_reloader|safe_str_cmp|unescape|url_decode|url_decode_stream|url_encode|url_encode_stream|url_fix|url_join|url_parse|url_quote|url_quote_plus|url_unparse|url_unquote|url_unquote_plus|validate_arguments|xhtml)\\b', False),  # noqa: E501
)
# fmt: on

{{- /* Environment variables that several components share. */ -}}

{{- /* One variable from the release's ConfigMap: (list $ "DB_HOST" "db.config" "db_host") */ -}}
{{- define "ow.env.config" -}}
- name: {{ index . 1 | quote }}
  valueFrom:
    configMapKeyRef: {name: {{ (index . 0).Release.Name }}-{{ index . 2 }}, key: {{ index . 3 }}}
{{- end -}}

{{- define "ow.env.secret" -}}
- name: {{ index . 1 | quote }}
  valueFrom:
    secretKeyRef: {name: {{ (index . 0).Release.Name }}-{{ index . 2 }}, key: {{ index . 3 }}}
{{- end -}}

{{- /* How the controller and the invoker reach CouchDB. */ -}}
{{- define "ow.env.database" -}}
{{ include "ow.env.secret" (list . "CONFIG_whisk_couchdb_username" "db.auth" "db_username") }}
{{ include "ow.env.secret" (list . "CONFIG_whisk_couchdb_password" "db.auth" "db_password") }}
{{ include "ow.env.config" (list . "CONFIG_whisk_couchdb_port" "db.config" "db_port") }}
{{ include "ow.env.config" (list . "CONFIG_whisk_couchdb_protocol" "db.config" "db_protocol") }}
- name: "CONFIG_whisk_couchdb_host"
  value: {{ include "ow.db.host" . | quote }}
{{ include "ow.env.config" (list . "CONFIG_whisk_couchdb_provider" "db.config" "db_provider") }}
{{ include "ow.env.config" (list . "CONFIG_whisk_couchdb_databases_WhiskActivation" "db.config" "db_whisk_activations") }}
{{ include "ow.env.config" (list . "CONFIG_whisk_couchdb_databases_WhiskEntity" "db.config" "db_whisk_actions") }}
{{ include "ow.env.config" (list . "CONFIG_whisk_couchdb_databases_WhiskAuth" "db.config" "db_whisk_auths") }}
{{- end -}}

{{- define "ow.env.limits" -}}
{{- $limits := .Values.whisk.limits -}}
- name: "LIMITS_ACTIONS_INVOKES_PERMINUTE"
  value: {{ $limits.actionsInvokesPerminute | quote }}
- name: "LIMITS_ACTIONS_INVOKES_CONCURRENT"
  value: {{ $limits.actionsInvokesConcurrent | quote }}
- name: "LIMITS_TRIGGERS_FIRES_PERMINUTE"
  value: {{ $limits.triggersFiresPerminute | quote }}
- name: "LIMITS_ACTIONS_SEQUENCE_MAXLENGTH"
  value: {{ $limits.actionsSequenceMaxlength | quote }}
{{- range $setting, $of := dict "timeLimit" "time" "memory" "memory" "concurrencyLimit" "concurrency" "logLimit" "log" }}
{{- range $bound := list "min" "max" "std" }}
- name: "CONFIG_whisk_{{ $setting }}_{{ $bound }}"
  value: {{ index $limits.actions $of $bound | quote }}
{{- end }}
{{- end }}
- name: "CONFIG_whisk_activation_payload_max"
  value: {{ $limits.activation.payload.max | quote }}
{{- end -}}

{{- define "ow.env.kafka" -}}
- name: "KAFKA_HOSTS"
  value: {{ include "ow.members" (list . "kafka" .Values.kafka) | quote }}
- name: "CONFIG_whisk_kafka_replicationFactor"
  value: {{ .Values.whisk.kafka.replicationFactor | quote }}
- name: "CONFIG_whisk_kafka_topics_prefix"
  value: {{ .Values.whisk.kafka.topics.prefix | quote }}
{{- range $topic := list "cacheInvalidation" "completed" "events" "health" "invoker" "scheduler" "creationAck" }}
{{- range $setting := list "retentionBytes" "retentionMs" "segmentBytes" }}
- name: "CONFIG_whisk_kafka_topics_{{ $topic }}_{{ $setting }}"
  value: {{ index $.Values.whisk.kafka.topics $topic $setting | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ow.env.etcd" -}}
- name: "CONFIG_whisk_etcd_hosts"
  value: "{{ include "ow.host" (list . "etcd") }}:{{ .Values.etcd.port }}"
- name: "CONFIG_whisk_etcd_lease_timeout"
  value: {{ .Values.etcd.leaseTimeout | quote }}
- name: "CONFIG_whisk_etcd_pool_threads"
  value: {{ .Values.etcd.poolThreads | quote }}
- name: "CONFIG_whisk_cluster_name"
  value: {{ .Values.etcd.clusterName | default .Release.Name | quote }}
{{- end -}}

{{- define "ow.env.metrics" -}}
{{- if or .Values.metrics.kamonEnabled .Values.metrics.prometheusEnabled }}
- name: "METRICS_KAMON"
  value: "true"
{{- end }}
{{- if .Values.metrics.kamonTags }}
- name: "METRICS_KAMON_TAGS"
  value: "true"
{{- end }}
{{- if .Values.metrics.userMetricsEnabled }}
- name: "CONFIG_whisk_userEvents_enabled"
  value: "true"
{{- end }}
{{- end -}}

{{- define "ow.env.runtimes" -}}
- name: "RUNTIMES_MANIFEST"
  value: {{ .Files.Get .Values.whisk.runtimes | quote }}
{{- end -}}

{{- /* The database of the event providers: (list $ "PROVIDER_DB") gives PROVIDER_DB_HOST and so on. */ -}}
{{- define "ow.env.providerDatabase" -}}
{{- $ := index . 0 -}}{{- $prefix := index . 1 -}}{{- $db := $.Values.providers.db -}}
{{- if $db.external -}}
{{- range $key := list "protocol" "host" "port" "username" "password" }}
- name: "{{ $prefix }}_{{ upper $key }}"
  value: {{ index $db $key | quote }}
{{- end }}
{{- else -}}
{{ include "ow.env.config" (list $ (printf "%s_PROTOCOL" $prefix) "db.config" "db_protocol") }}
{{ include "ow.env.config" (list $ (printf "%s_HOST" $prefix) "db.config" "db_host") }}
{{ include "ow.env.config" (list $ (printf "%s_PORT" $prefix) "db.config" "db_port") }}
{{ include "ow.env.secret" (list $ (printf "%s_USERNAME" $prefix) "db.auth" "db_username") }}
{{ include "ow.env.secret" (list $ (printf "%s_PASSWORD" $prefix) "db.auth" "db_password") }}
{{- end -}}
{{- end -}}
